import type { Persona } from '../../config/persona.ts'

/** The persona's prompt for web pages with its variables filled in. The day is the finest time in it, so that model servers can cache it. */
export function webInstructions(persona: Persona, now: number): string {
  const { os, hardware, network, facts, web } = persona
  const values: Record<string, string> = {
    hostname: persona.hostname,
    domain: persona.domain,
    os: `${os.name} ${os.version}`,
    kernel: os.kernel.release,
    machine: os.kernel.machine,
    cpu: hardware.cpu.model,
    memory: `${hardware.memoryMiB} MiB`,
    address: network.interfaces[0]?.address.split('/')[0] ?? '127.0.0.1',
    user: 'www-data',
    cwd: web?.root ?? '/var/www/html',
    time: new Date(now).toUTCString().slice(0, 16),
    web_server: web?.header || web?.server || 'nginx',
    title: web?.title ?? '',
    summary: persona.summary,
    ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [`facts.${name}`, value])),
  }
  return persona.prompts.web.replace(/\{\{\s*([^{}\s]{1,60})\s*\}\}/g, (mark, name: string) => values[name] ?? mark)
}
