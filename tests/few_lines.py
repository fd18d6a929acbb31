"""What small corpora of tests are made of: a few lines in several scripts."""

LINES = [
    "low lower lowest newer wider",
    "The quick brown fox jumps over the lazy dog.",
    "안녕하세요 세계, 토크나이저를 만듭니다.",
    "naïve café déjà vu; it's 12,345.67 euros!",
    "def f(x):\treturn x + 1  # comment",
    "日本語 と 中文 と emoji 👩‍👩‍👧",
    "She sells sea shells by the sea shore; the shells she sells are sea shells.",
]
