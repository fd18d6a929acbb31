"""Which part of Python's standard library a module belongs to, after the library's reference."""

_MODULES = {
    "text": """_strptime codecs difflib encodings gettext locale re readline rlcompleter shlex
        sre_compile sre_constants sre_parse string stringprep textwrap this unicodedata""",
    "data types": """_collections_abc _weakrefset array bisect calendar collections copy datetime
        _pydatetime enum functools graphlib heapq itertools operator pprint reprlib struct types
        weakref zoneinfo""",
    "numbers": """_pydecimal _pylong cmath colorsys decimal fractions math numbers random
        statistics""",
    "files": """_compat_pickle _compression _pyio binhex bz2 compression configparser copyreg csv
        dbm filecmp fileinput fnmatch genericpath glob gzip io linecache lzma nturl2path ntpath
        os pathlib pickle plistlib posixpath shelve shutil sqlite3 stat tarfile tempfile tomllib
        xdrlib zipfile""",
    "system": """_aix_support _android_support _apple_support _ios_support _osx_support
        _sitebuiltins argparse crypt ctypes curses cmd getopt getpass hashlib hmac logging optparse
        pipes platform pty secrets time tty uuid""",
    "concurrency": """_threading_local asynchat asyncio asyncore concurrent contextvars
        multiprocessing queue sched selectors signal subprocess threading""",
    "internet": """cgi cgitb ftplib http imaplib ipaddress netrc nntplib poplib smtpd smtplib
        socket socketserver ssl telnetlib urllib webbrowser wsgiref xmlrpc""",
    "documents": """_markupbase base64 email html json mailbox mailcap mimetypes quopri uu xml""",
    "graphics": """aifc chunk imghdr sndhdr sunau tkinter turtle wave""",
    "development": """__hello__ __phello__ _pyrepl bdb cProfile doctest pdb profile profiling pstats
        pydoc timeit trace traceback tracemalloc typing unittest""",
    "modules": """_bootsubprocess distutils ensurepip imp importlib modulefinder pkgutil runpy site
        sysconfig venv zipapp zipimport""",
    "language": """__future__ _ast_unparse _colorize _opcode_metadata _py_abc _py_warnings abc
        annotationlib ast code codeop compileall contextlib dataclasses dis inspect keyword opcode
        pickletools py_compile pyclbr symtable tabnanny token tokenize warnings""",
}

AREAS = {name: area for area, names in _MODULES.items() for name in names.split()}
"""The area of each module or package at the top of the library that has anything to say: all of
Python 3.11 to 3.13 but `antigravity`, and what 3.14 is known to add."""


def area(module: str) -> str:
    """The area of a module; nothing where that is not known.

    >>> area("email.message"), area("no_such")
    ('documents', '')
    """
    return AREAS.get(module.partition(".")[0], "")
