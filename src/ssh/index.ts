import { defineLure } from '../sensor/lure.ts'
import { Conversation, type Room } from './conversation.ts'
import { daemonOf } from './daemons.ts'
import { sshEvents } from './events.ts'
import { hostKeysOf } from './host-keys.ts'
import { SshOptions } from './options.ts'
import { ciphersReady } from './transport/ssh2-internals.ts'

/** Identification line of a persona that has none of its own. */
const DEFAULT_IDENTIFICATION = 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10'

export default defineLure({
  name: 'ssh',
  standsFor: ['Cowrie', 'Beelzebub', 'Heralding'],
  about: "SSH of the persona's own daemon: shell, exec, SFTP, SCP, forwarding",
  ports: [{ transport: 'tcp', port: 22, alternate: 2222 }],
  profiles: ['standard', 'llm', 'medical', 'web', 'mini', 'linux'],
  options: SshOptions,
  events: sshEvents,

  async start({ persona, identity, folder }): Promise<Room> {
    await ciphersReady
    const identification = persona.banners.ssh ?? DEFAULT_IDENTIFICATION
    const daemon = daemonOf(identification)
    return { identification, daemon, hostKeys: hostKeysOf(identity, persona.name, daemon.hostKeys), recordings: folder('tty') }
  },

  async serve(visit, context) {
    await new Conversation(visit, context).run()
  },
})
