import { join, matchesGlob } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Identity } from '../src/config/identity.ts'
import type { Persona } from '../src/config/persona.ts'
import { listPersonas, loadPersona } from '../src/config/personas.ts'

const prompts = join(import.meta.dirname, '../prompts')
const names = listPersonas(prompts)
const load = (name: string, seed = 1) => loadPersona(prompts, name, new Identity(Buffer.alloc(32, seed)))

it('ships seven personas that differ in kind', () => {
  expect(names).toEqual([
    'android-tv',
    'debian-web',
    'fuel-terminal',
    'hospital-integration',
    'openwrt-router',
    'substation-gateway',
    'ubuntu-gpu',
  ])
  const kinds = names.map((name) => load(name)).map((p) => `${p.os.family} ${p.shell} ${p.web?.server} ${p.hardware.virtualization}`)
  expect(new Set(kinds).size).toBe(7)
})

describe.each(names)('persona %s', (name) => {
  const persona = load(name)
  const versions = new Map(persona.packages.map((entry) => entry.split(' ') as [string, string]))
  const users = new Set(persona.users.map((user) => user.name))

  // Every Android device calls itself localhost; it has no packages and neither SSH nor a web server.
  const isAndroid = persona.os.family === 'android'
  const onServer = (fact: string, test: () => void): void => {
    if (!isAndroid) it(fact, test)
  }

  onServer('has another host name on another install', () => {
    const hostnames = Array.from({ length: 8 }, (_, seed) => load(name, seed).hostname)
    expect(new Set(hostnames).size).toBeGreaterThan(3)
    expect(hostnames.every((hostname) => /^[A-Za-z0-9][A-Za-z0-9-]{1,20}$/.test(hostname))).toBe(true)
  })

  it('has prompt texts that a small model can hold', () => {
    for (const text of Object.values(persona.prompts)) {
      expect(text).toMatch(/^You are /)
      expect(text).toContain('{{hostname}}')
      // About four characters a token; state, history and answer need the rest of 4096.
      expect(text.length).toBeLessThan(4500)
    }
  })

  it('says what changes with every question at the end of its prompts, so that a model server keeps the rest cached', () => {
    for (const text of Object.values(persona.prompts))
      expect(text.trimEnd().split('\n').slice(0, -1).join('\n')).not.toMatch(/\{\{(user|cwd|time)\}\}/)
  })

  it('has users with ids, homes and shells as the system gives them', () => {
    expect(users.size).toBe(persona.users.length)
    expect(new Set(persona.users.map((user) => user.uid)).size).toBe(persona.users.length)
    expect(persona.users[0]).toMatchObject({ name: 'root', uid: 0, gid: 0, home: isAndroid ? '/' : '/root' })
    const logins = persona.users.filter((user) => /\/(ba|a)sh$/.test(user.shell))
    for (const user of logins)
      expect([user.name, persona.files.has('/etc/shells') ? knownShell(persona, user.shell) : true]).toEqual([user.name, true])
  })

  it('lets in who has the password that su asks for, and denies nobody twice', () => {
    for (const { user, password } of persona.login.accept) {
      expect(users).toContain(user)
      expect(persona.login.deny).not.toContain(user)
      const own = persona.users.find((entry) => entry.name === user)
      expect([user, own?.password !== undefined]).toEqual([user, true])
      expect(
        persona.login.accept.some((pair) => pair.user === user && pair.password === own?.password),
        `${user}:${password}`,
      ).toBe(true)
    }
    for (const user of persona.login.deny) expect(users).toContain(user)
  })

  it('runs each service as a user that exists, on a port of its own', () => {
    expect(new Set(persona.services.map((service) => service.unit)).size).toBe(persona.services.length)
    const listens: string[] = []
    for (const service of persona.services) {
      for (const process of [service, ...service.children]) expect(users).toContain(process.user ?? service.user)
      for (const { transport, address, port } of service.listens) listens.push(`${transport} ${address} ${port}`)
    }
    expect(new Set(listens).size).toBe(listens.length)
  })

  onServer('has a package for the kernel it runs, for its web server and its SSH server', () => {
    expect(new Set(versions.keys()).size).toBe(persona.packages.length)
    expect([...versions.values()].every((version) => /^[0-9a-z][\w.+~:-]*$/.test(version))).toBe(true)
    expect(persona.packages.length).toBeGreaterThan(persona.os.family === 'openwrt' ? 100 : 200)
    expect(kernelPackages(persona).some((entry) => versions.has(entry))).toBe(true)
    expect(versions.has(sshPackage(persona))).toBe(true)
    const web = persona.web as NonNullable<Persona['web']>
    const program = web.server === 'apache' ? 'apache2' : web.server
    expect(versions.get(program)?.startsWith(`${web.version}-`)).toBe(true)
    if (web.header) expect(web.header.toLowerCase().replace(/ \((debian|ubuntu)\)$/, '')).toBe(`${web.server}/${web.version}`)
  })

  onServer('greets on SSH with the version that is installed', () => {
    const version = versions.get(sshPackage(persona)) ?? ''
    if (persona.os.family === 'openwrt') return expect(persona.banners.ssh).toBe('SSH-2.0-dropbear')
    const [, upstream, revision] = /^1:([\d.p]+)-(.+)$/.exec(version) ?? []
    const vendor = persona.os.family === 'ubuntu' ? 'Ubuntu' : 'Debian'
    expect(persona.banners.ssh).toBe(`SSH-2.0-OpenSSH_${upstream} ${vendor}-${revision}`)
    expect(versions.get('openssh-client')).toBe(version)
  })

  onServer('serves web and SSH from services that listen', () => {
    const listening = (port: number) =>
      persona.services.some((service) => service.listens.some((l) => l.transport === 'tcp' && l.port === port))
    expect([22, 80].map(listening)).toEqual([true, true])
    expect(persona.banners.telnet === undefined || listening(23)).toBe(true)
  })

  onServer('tells the kernel of uname in the version of its package', () => {
    const { release, version } = persona.os.kernel
    const installed =
      kernelPackages(persona)
        .map((entry) => versions.get(entry))
        .find(Boolean) ?? ''
    if (persona.os.family === 'debian') expect(version).toContain(`Debian ${installed} (`)
    else if (persona.os.family === 'ubuntu') expect(version).toContain(`#${installed.split('.').at(-1)}-Ubuntu SMP `)
    else expect(installed.startsWith(`${release}-`)).toBe(true)
  })

  it('gives seeds to users that exist, and leaves account files to the host', () => {
    for (const path of ['/etc/passwd', '/etc/shadow', '/etc/group', '/etc/motd', '/etc/issue']) expect(persona.files.has(path)).toBe(false)
    const homes = new Set(persona.users.map((user) => user.home))
    for (const path of persona.files.keys()) {
      const home = /^\/home\/[^/]+/.exec(path)?.[0]
      if (home) expect(homes).toContain(home)
    }
    for (const { path, owner, group } of persona.attributes) {
      expect([path, [...persona.files.keys()].some((file) => (path.endsWith('/') ? file.startsWith(path) : file === path))]).toEqual([
        path,
        true,
      ])
      if (owner) expect(users).toContain(owner)
      if (group && group !== 'adm') expect(users).toContain(group)
    }
  })

  it('leaves no mark unfilled and no filler text in files, pages and prompts', () => {
    for (const [path, text] of texts(persona)) {
      expect([path, /\{\{(hostname|domain|address|kernel|facts\.|day-)/.test(text)]).toEqual([path, false])
      expect([path, FILLER.exec(text)?.[0]]).toEqual([path, undefined])
    }
    for (const text of Object.values(persona.prompts)) expect(FILLER.exec(text)?.[0]).toBeUndefined()
  })

  it('names private addresses only', () => {
    const addresses = [...texts(persona).values(), ...Object.values(persona.prompts)].flatMap((text) => text.match(ADDRESS) ?? [])
    const all = [
      ...addresses,
      persona.network.gateway,
      ...persona.network.dns,
      ...persona.network.interfaces.map((i) => i.address.split('/')[0] as string),
    ]
    expect(all.filter((address) => !PRIVATE.test(address))).toEqual([])
  })

  it('has links, forms and assets that lead to pages of the site or to what the model answers', () => {
    const dead: string[] = []
    const seen = new Set<string>()
    const queue = ['/']
    for (let page = queue.pop(); page !== undefined; page = queue.pop()) {
      if (seen.has(page)) continue
      seen.add(page)
      const html =
        fileAt(persona, page)
          ?.toString()
          .replace(/<\?[\s\S]*?\?>/g, '') ?? ''
      for (const link of linksOf(html)) {
        const target = new URL(link, `http://host${page}`)
        if (target.protocol !== 'http:') continue
        if (fileAt(persona, target.pathname)) queue.push(target.pathname)
        else if (target.pathname !== persona.web?.command?.action && !generated(persona, target.pathname)) dead.push(`${page} → ${link}`)
      }
    }
    expect(dead).toEqual([])
    const pages = [...persona.site.keys()].filter((path) => path.endsWith('.html'))
    expect(pages.filter((path) => !seen.has(path) && !seen.has(path.replace(/index\.html$/, '')))).toEqual([])
  })

  onServer('has images that are of their type', () => {
    const images = [...persona.site].filter(([path]) => /\.(png|svg|ico)$/.test(path))
    expect(images.length).toBeGreaterThan(0)
    for (const [path, bytes] of images) {
      const type = path.split('.').at(-1) as keyof typeof MAGIC
      expect([path, MAGIC[type](bytes)]).toEqual([path, true])
    }
  })
})

const FILLER = /lorem|ipsum|\bTODO\b|\bFIXME\b|example\.(com|org|net)|\bfoobar\b|placeholder text|changeme|honeypot|sundew/i
const ADDRESS = /(?<![\d.\w/-])(?<!VM )(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\d.])/g
const PRIVATE = /^(10\.|127\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|0\.0\.0\.0$|255\.)/

const MAGIC = {
  png: (bytes: Buffer) => bytes.subarray(0, 8).equals(Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')) && bytes.includes('IEND'),
  ico: (bytes: Buffer) => bytes.readUInt32LE(0) === 0x10000 && bytes.length === bytes.readUInt32LE(14) + bytes.readUInt32LE(18),
  svg: (bytes: Buffer) => /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" [^>]*viewBox=.*<\/svg>\s*$/s.test(bytes.toString()),
}

function texts(persona: Persona): Map<string, string> {
  const seeds = [...persona.files, ...persona.site].filter(([, bytes]) => !bytes.includes(0))
  return new Map(seeds.flatMap(([path, bytes]) => [[path, `${path}\n${bytes.toString()}`] as const]))
}

function knownShell(persona: Persona, shell: string): boolean {
  return (persona.files.get('/etc/shells')?.toString() ?? '').split('\n').includes(shell)
}

function sshPackage(persona: Persona): string {
  return persona.os.family === 'openwrt' ? 'dropbear' : 'openssh-server'
}

function kernelPackages(persona: Persona): string[] {
  return [`linux-image-${persona.os.kernel.release}`, 'kernel']
}

/** What the web server finds at a path: the file, or the index of the folder. */
function fileAt(persona: Persona, path: string): Buffer | undefined {
  if (!path.endsWith('/')) return persona.site.get(path)
  return persona.site.get(`${path}index.html`) ?? persona.site.get(`${path}index.php`)
}

function linksOf(html: string): string[] {
  const attributes = [...html.matchAll(/\b(?:href|src|action)="([^"]*)"/g)]
  const refreshes = [...html.matchAll(/http-equiv="refresh" content="\d+; URL=([^"]*)"/g)]
  return [...attributes, ...refreshes].map(([, link]) => (link as string).replaceAll('&amp;', '&'))
}

/** Globs of `web.generate`; `*` stands for any text. */
function generated(persona: Persona, path: string): boolean {
  return (persona.web?.generate ?? []).some(
    (glob) => matchesGlob(path, glob) || (glob.endsWith('/*') && path.startsWith(glob.slice(0, -1))),
  )
}
