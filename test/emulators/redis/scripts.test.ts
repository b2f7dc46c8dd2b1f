import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import redis from '../../../src/emulators/redis/index.ts'
import { LuaInterpreter, type LuaValue } from '../../../src/emulators/redis/lua/interpreter.ts'
import { baseLibrary } from '../../../src/emulators/redis/lua/library.ts'
import { parseLua } from '../../../src/emulators/redis/lua/parser.ts'
import { FakeHosts } from '../../fake-hosts.ts'
import { type Playing, play } from '../../harness.ts'
import { Conversation } from './conversation.ts'

async function lua(source: string): Promise<LuaValue> {
  return new LuaInterpreter(baseLibrary()).run(parseLua(source))
}

describe('the Lua of scripts', () => {
  it.each<[string, LuaValue]>([
    ['return 1 + 2 * 3 ^ 2', 19],
    ['return -2 ^ 2', -4],
    ['return "a" .. 1 .. 2.5', 'a12.5'],
    ['return not nil and 1 or 2', 1],
    ['local s = 0 for i = 1, 10 do s = s + i end return s', 55],
    ['local s = 0 for i = 10, 1, -3 do s = s + i end return s', 22],
    ['local t = {1, 2, x = 3, [10] = 4} return #t + t.x + t[10]', 9],
    ['local n = 0 for k, v in pairs({a = 1, b = 2}) do n = n + v end return n', 3],
    ['local n = "" for i, v in ipairs({"a", "b"}) do n = n .. i .. v end return n', '1a2b'],
    ['local function f(n) if n < 2 then return n end return f(n - 1) + f(n - 2) end return f(10)', 55],
    ['local i = 0 while true do i = i + 1 if i > 4 then break end end return i', 5],
    ['local i = 0 repeat i = i + 1 until i == 3 return i', 3],
    ['local f = function(...) return select("#", ...) end return f(1, nil, 3)', 3],
    ['return string.format("%s-%d-%x", "a", 3.7, 255)', 'a-3-ff'],
    ['return ("abc"):upper():sub(2)', 'BC'],
    ['return cjson.encode({a = {1, true, "x"}})', '{"a":[1,true,"x"]}'],
    ['return cjson.decode("[1,{\\"b\\":2}]")[2].b', 2],
    ['return [[long\nstring]] -- comment\n', 'long\nstring'],
    ['local ok, e = pcall(error, "boom") return tostring(ok)', 'false'],
    ['return 10 % 3 .. "" .. 7 % -3', '1-2'],
    ['local a, b = 1 return tostring(b)', 'nil'],
  ])('%s', async (source, value) => {
    expect(await lua(source)).toEqual(value)
  })

  it.each([
    ['syntax error here', "'=' expected near 'error'"],
    ['return (', "unexpected symbol near '<eof>'"],
    ['if x then', "'end' expected near '<eof>'"],
    ['return "open', "unfinished string near '\"open'"],
  ])('does not compile %s', (source, message) => {
    expect(() => parseLua(source)).toThrow(message)
  })

  it.each([
    'while true do end',
    'local function f() return f() end return f()',
    'local s = "x" while true do s = s .. s end',
    'return string.rep("x", 1e9)',
    'local t = {} for i = 1, 1e9 do t[i] = i end',
    'local t = {} for i = 1, 20000 do t[i] = i end for i = 1, 100 do for k in pairs(t) do end end',
  ])('ends %s before it costs anybody anything', async (source) => {
    const startedAt = performance.now()
    await expect(lua(source)).rejects.toThrow()
    expect(performance.now() - startedAt).toBeLessThan(3000)
  })

  it('is not nested without end', () => {
    expect(() => parseLua(`return ${'('.repeat(5000)}`)).toThrow('chunk has too many syntax levels')
    expect(() => parseLua('do '.repeat(5000))).toThrow('chunk has too many syntax levels')
  })
})

describe('EVAL', () => {
  let playing: Playing
  let client: Conversation
  beforeAll(async () => {
    playing = await play(redis, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts: new FakeHosts() })
    client = await Conversation.with(playing.port())
  })
  afterAll(async () => {
    client.end()
    await playing.stop()
  })

  it('releases a lock only to its holder', async () => {
    const release = 'if redis.call("get",KEYS[1]) == ARGV[1] then return redis.call("del",KEYS[1]) else return 0 end'
    await client.ask('SET', 'lock', 'token')
    expect(await client.ask('EVAL', release, '1', 'lock', 'other')).toBe(':0\r\n')
    expect(await client.ask('EVAL', release, '1', 'lock', 'token')).toBe(':1\r\n')
  })

  it('passes the error of a command on, and pcall catches it', async () => {
    await client.ask('LPUSH', 'list', 'x')
    expect(await client.ask('EVAL', 'return redis.call("get", "list")', '0')).toMatch(/^-ERR Error running script .*WRONGTYPE/)
    expect(await client.ask('EVAL', 'return redis.pcall("get", "list").err', '0')).toContain('WRONGTYPE')
  })

  it('is remembered for EVALSHA, and written down', async () => {
    const loaded = await client.ask('SCRIPT', 'LOAD', 'return 7')
    const sha1 = loaded.split('\r\n')[1] as string
    expect(await client.ask('EVALSHA', sha1, '0')).toBe(':7\r\n')
    expect(playing.data('redis.script')).toContainEqual({ sha1, text: 'return 7', outcome: 'loaded' })
  })
})
