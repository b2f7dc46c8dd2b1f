/**
 * Services over TCP as YAML files say them, in Beelzebub's form and a little more (docs/tcp.md).
 *
 *   scanner:  stat                                          us: Zookeeper version: 3.4.13-…, and closes    → turn, static
 *   guesser:  Action: Login · Username: admin · Secret: x   us: Response: Error · Authentication failed    → login
 *   attacker: show running-config                           us: what the model says that a switch says     → turn, llm
 *
 * service.ts is the form of a file, messages.ts cuts the stream, playbook.ts finds the command, conversation.ts answers.
 */
import { z } from 'zod'
import { LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { Conversation, type Stage, stageOf } from './conversation.ts'
import { History } from './history.ts'
import { loadServices } from './load-services.ts'

const SHIPPED = ['asterisk-manager', 'console', 'zookeeper']

const Options = z.strictObject({
  /** Shipped services by name, files, and folders of files such as Beelzebub's `configurations/services`. */
  services: z.array(z.string().min(1)).min(1).default(SHIPPED),
  /** Who gets in where a service has no `passwordRegex`. */
  login: LoginOptions,
})

export default defineLure({
  name: 'tcp',
  standsFor: ['Beelzebub'],
  about: 'services of YAML files: ZooKeeper, Asterisk Manager, a console server; or your own, or Beelzebub’s',
  profiles: ['llm'],
  ports: [],
  morePorts: ({ services }) =>
    loadServices(services).services.map(({ name, address, tls }) => ({ transport: 'tcp', port: address, tls, role: name })),
  options: Options,
  events: {},

  start({ options, log }): ReadonlyMap<string | undefined, Stage> {
    const { services, passedOver } = loadServices(options.services)
    for (const { file, lures } of passedOver) log.warn({ file }, `passed over: its protocol is played by the lure ${lures}`)
    const history = new History()
    return new Map(services.map((service) => [service.name, stageOf(service, history)]))
  },

  async serve(visit, context) {
    const stage = context.room.get(context.port.declared.role)
    if (stage) await new Conversation(visit as Visit, context, stage).hold()
  },
})
