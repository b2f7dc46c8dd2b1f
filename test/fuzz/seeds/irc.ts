const text = (...lines: string[]): Buffer => Buffer.from(lines.map((line) => `${line}\r\n`).join(''))

export default [
  text('NICK bob', 'USER bob 0 * :Bob B', 'JOIN #ops', 'PRIVMSG #ops :hello', 'QUIT :bye'),
  text('PASS secret', 'NICK bot', 'USER bot 8 * :x', 'OPER root toor', 'MODE bot +i', 'WHOIS bot', 'LIST', 'NAMES #ops', 'WHO *'),
  text('CAP LS 302', 'NICK a', 'USER a a a :a', 'PRIVMSG opsbot :\x01DCC SEND x.exe 3405803777 80 100\x01', 'PING :x'),
]
