import json
import sys

words = sys.argv[1:]
options = [word for word in words if word.startswith('--')]
files = [word for word in words if not word.startswith('--') and not (word.isdigit() and '--indent' in options)]
indent = 4
if '--indent' in words:
    indent = int(words[words.index('--indent') + 1])
if '--compact' in options or '--no-indent' in options:
    indent = None
if '--tab' in options:
    indent = '\t'
kwargs = {'indent': indent, 'ensure_ascii': '--no-ensure-ascii' not in options, 'sort_keys': '--sort-keys' in options}
if '--compact' in options:
    kwargs['separators'] = (',', ':')
try:
    source = open(files[0], encoding='utf-8') if files and files[0] != '-' else sys.stdin
except OSError as error:
    sys.stderr.write("usage: python3 -m json.tool [-h] [--sort-keys] [--no-ensure-ascii] [--json-lines]\n                            [--indent INDENT | --tab | --no-indent | --compact]\n                            [infile] [outfile]\npython3 -m json.tool: error: argument infile: can't open '%s': %s\n" % (files[0], error))
    sys.exit(2)
try:
    lines = [json.loads(line) for line in source] if '--json-lines' in options else [json.load(source)]
    out = open(files[1], 'w', encoding='utf-8') if len(files) > 1 else sys.stdout
    for one in lines:
        json.dump(one, out, **kwargs)
        out.write('\n')
except ValueError as error:
    raise SystemExit(error)
