import argparse
import sys
import time

parser = argparse.ArgumentParser(prog='server.py')
parser.add_argument('--cgi', action='store_true', help='run as CGI server')
parser.add_argument('-b', '--bind', metavar='ADDRESS', help='bind to this address (default: all interfaces)')
parser.add_argument('-d', '--directory', default=None, help='serve this directory (default: current directory)')
parser.add_argument('-p', '--protocol', metavar='VERSION', default='HTTP/1.0',
                    help='conform to this HTTP version (default: HTTP/1.0)')
parser.add_argument('port', default=8000, type=int, nargs='?', help='bind to this port (default: 8000)')
args = parser.parse_args()
bind = args.bind or '0.0.0.0'
print('Serving HTTP on %s port %d (http://%s:%d/) ...' % (bind, args.port, bind, args.port), flush=True)
try:
    while True:
        time.sleep(3600)
except KeyboardInterrupt:
    print('\nKeyboard interrupt received, exiting.')
    sys.exit(0)
