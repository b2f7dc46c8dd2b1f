import type { Persona } from './persona.ts'

/** What of a prompt's variables the persona does not say. */
export interface PromptMoment {
  user: string
  cwd: string
  /** As the prompt is to name it; how fine it is decides how long a model server can reuse its work. */
  time: string
  /** When it was changed on the simulated host. */
  hostname?: string
}

/** Values of all variables that a persona's prompt texts may use, `facts.company` among them. */
export function promptValues(persona: Persona, moment: PromptMoment): Record<string, string> {
  const { os, hardware, network, web, facts } = persona
  return {
    hostname: persona.hostname,
    domain: persona.domain,
    os: `${os.name} ${os.version}`,
    kernel: os.kernel.release,
    machine: os.kernel.machine,
    cpu: `${hardware.cpu.sockets * hardware.cpu.cores} x ${hardware.cpu.model}`,
    memory: `${hardware.memoryMiB} MiB`,
    address: network.interfaces[0]?.address.split('/')[0] ?? '127.0.0.1',
    web_server: web?.header || web?.server || 'nginx',
    title: web?.title ?? '',
    summary: persona.summary,
    ...Object.fromEntries(Object.entries(facts).map(([name, value]) => [`facts.${name}`, value])),
    ...moment,
  }
}

/** A prompt text with its `{{variables}}`, each replaced; one without a value stays as it stands. */
export function fillPrompt(text: string, value: (name: string) => string | undefined): string {
  return text.replace(/\{\{\s*([^{}\s]{1,60})\s*\}\}/g, (mark, name: string) => value(name) ?? mark)
}
