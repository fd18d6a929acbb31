"""A small run, and what it publishes; the token of a Hub that only tests know."""

TOKEN = "hf_ThisIsTheTokenOfTheOwner"  # noqa: S105 - nobody else knows it
RECIPE = """\
name: tiny
description: For tests
corpus:
  held_out: 0.1
  sources: [{type: files, paths: [corpus.txt], license: own}]
pre_tokenizer: {type: ByteLevel, add_prefix_space: false}
model: BPE
trainer: {vocab_size: 300}
special_tokens: {eos: "</s>"}
decoder: auto
wrap: {model_max_length: 128}
publish: {repo: owner/tiny, license: mit}
"""
FILES = {"README.md", "recipe.yaml", "tokbench.json", "tokenizer.json", "tokenizer_config.json"}
