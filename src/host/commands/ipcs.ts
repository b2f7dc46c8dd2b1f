import { gnuCommand } from './gnu/command.ts'

const TABLES: readonly [option: string, title: string, columns: string][] = [
  ['q', 'Message Queues', 'key        msqid      owner      perms      used-bytes   messages    '],
  ['m', 'Shared Memory Segments', 'key        shmid      owner      perms      bytes      nattch     status      '],
  ['s', 'Semaphore Arrays', 'key        semid      owner      perms      nsems     '],
]

/** No process of the world holds System V objects (/proc/sysvipc is empty). */
export default gnuCommand({
  name: 'ipcs',
  package: 'util-linux',
  usage: ['[resource-option...] [output-option]', '-m|-q|-s -i <id>'],
  about: '\nShow information on IPC facilities.',
  short: 'mqsai:tpclubhV',
  async run(process, options) {
    const chosen = TABLES.filter(([option]) => options.has(option))
    for (const [, title, columns] of chosen.length ? chosen : TABLES) await process.stdout.write(`\n------ ${title} --------\n${columns}\n`)
    await process.stdout.write('\n')
    return 0
  },
})
