const lines = (...commands: string[]): Buffer => Buffer.from(commands.map((command) => `${command}\r\n`).join(''), 'latin1')

export default [
  lines('CAPA', 'USER root', 'PASS x', 'STAT', 'LIST', 'UIDL', 'RETR 1', 'TOP 1 5', 'DELE 1', 'RSET', 'QUIT'),
  lines('USER maris', 'PASS y', 'LIST 1', 'UIDL 2', 'DELE 2', 'LIST', 'QUIT'),
  lines('AUTH', 'AUTH PLAIN', 'AGFsaWNlAHNlY3JldA==', 'STAT', 'TOP 1 0', 'LAST', 'NOOP', 'QUIT'),
  lines('AUTH LOGIN', 'YWxpY2U=', 'c2VjcmV0', 'CAPA', 'RETR 99', 'QUIT'),
  lines('AUTH CRAM-MD5', 'YWxpY2UgMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=', 'STLS', 'APOP a b'),
]
