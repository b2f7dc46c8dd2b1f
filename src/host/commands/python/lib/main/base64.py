import base64
import sys

words = sys.argv[1:]
function = base64.encodebytes
if '-d' in words or '-u' in words:
    function = base64.decodebytes
names = [word for word in words if not word.startswith('-')]
data = open(names[0], 'rb').read() if names else sys.stdin.buffer.read()
sys.stdout.buffer.write(function(data))
