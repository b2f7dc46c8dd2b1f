import sys
import time

words = [word for word in sys.argv[1:] if not word.startswith('-')]
bind = '0.0.0.0'
for at, word in enumerate(sys.argv):
    if word in ('-b', '--bind') and at + 1 < len(sys.argv):
        bind = sys.argv[at + 1]
        words = [one for one in words if one != bind]
port = int(words[0]) if words else 8000
print('Serving HTTP on %s port %d (http://%s:%d/) ...' % (bind, port, bind, port), flush=True)
try:
    while True:
        time.sleep(3600)
except KeyboardInterrupt:
    print('\nKeyboard interrupt received, exiting.')
    sys.exit(0)
