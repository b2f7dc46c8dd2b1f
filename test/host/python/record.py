"""Records what CPython 3.11 says: `python3.11 record.py > cases.json`.

Each line of one-liners.txt is a `-c` program. scripts.txt has programs of several lines behind lines `%% HOW < INPUT`,
where HOW is `-c`, `stdin` or `script` and INPUT, which may be left out, is what standard input holds (with `\\n`).
"""
import json
import os
import subprocess
import sys

here = os.path.dirname(os.path.abspath(__file__))
programs = [('-c', '', line) for line in open(os.path.join(here, 'one-liners.txt'), encoding='utf-8').read().split('\n') if line]
for block in open(os.path.join(here, 'scripts.txt'), encoding='utf-8').read().split('%% ')[1:]:
    head, _, source = block.partition('\n')
    how, _, given = head.partition('<')
    programs.append((how.strip(), given.strip().encode().decode('unicode_escape'), source.rstrip('\n')))
environment = {'PATH': '/usr/bin:/bin', 'LANG': 'C.UTF-8', 'HOME': '/root', 'PYTHONDONTWRITEBYTECODE': '1'}
cases = []
for how, given, source in programs:
    if how == 'script':
        open('/tmp/program.py', 'w', encoding='utf-8').write(source + '\n')
    argv = {'-c': ['-c', source], 'stdin': ['-'], 'script': ['/tmp/program.py']}[how]
    done = subprocess.run(['/usr/bin/python3.11', *argv], input=(source + '\n' if how == 'stdin' else given).encode(),
                          capture_output=True, cwd='/tmp', env=environment, timeout=20)
    cases.append({'how': how, **({'input': given} if given else {}), 'source': source, 'stdout': done.stdout.decode('utf-8', 'replace'),
                  'stderr': done.stderr.decode('utf-8', 'replace'), 'exit': done.returncode if done.returncode >= 0 else 128 - done.returncode})
json.dump(cases, sys.stdout, indent=1, ensure_ascii=False)
