import { randomUUID } from 'node:crypto'
import type { World } from '../command.ts'
import { machineIds, memory } from './hardware.ts'
import { KERNEL_DEFAULTS } from './kernel-defaults.ts'
import { interfaces } from './network.ts'

const written = new WeakMap<World, Map<string, string>>()

/** Values that `sysctl -w` or a redirection has set, by dotted key. */
export function sysctlChanges(world: World): Map<string, string> {
  let own = written.get(world)
  if (!own) {
    own = new Map()
    written.set(world, own)
  }
  return own
}

/** Kernel parameters below /proc/sys by path; `sysctl` reads them with dots. */
export function kernelParameters(world: World): Record<string, string> {
  const { kernel } = world.persona.os
  const openwrt = world.persona.os.family === 'openwrt'
  const ids = machineIds(world)
  const perInterface = Object.fromEntries(
    ['all', 'default', ...interfaces(world).map((entry) => entry.name)].flatMap((name) =>
      Object.entries({
        forwarding: openwrt ? '1' : '0',
        accept_redirects: '1',
        rp_filter: openwrt ? '1' : '2',
        send_redirects: '1',
        accept_source_route: '0',
      }).map(([key, value]) => [`net/ipv4/conf/${name}/${key}`, value]),
    ),
  )
  return {
    ...(world.persona.os.family === 'debian' || world.persona.os.family === 'ubuntu' ? KERNEL_DEFAULTS : {}),
    'kernel/random/uuid': '',
    'kernel/random/urandom_min_reseed_secs': '60',
    'kernel/random/write_wakeup_threshold': '256',
    'fs/file-max': '9223372036854775807',
    'fs/file-nr': `${1600 + world.processes.list().length * 4}\t0\t9223372036854775807`,
    'fs/inotify/max_user_watches': '65536',
    'fs/nr_open': '1048576',
    'fs/pipe-max-size': '1048576',
    'fs/protected_hardlinks': '1',
    'fs/protected_symlinks': '1',
    'fs/suid_dumpable': '2',
    'kernel/core_pattern': 'core',
    'kernel/dmesg_restrict': '1',
    'kernel/domainname': '(none)',
    'kernel/hostname': world.hostname,
    'kernel/kptr_restrict': '0',
    'kernel/modules_disabled': '0',
    'kernel/osrelease': kernel.release,
    'kernel/ostype': 'Linux',
    'kernel/panic': openwrt ? '3' : '0',
    'kernel/perf_event_paranoid': '3',
    'kernel/pid_max': openwrt ? '32768' : '4194304',
    'kernel/printk': '4\t4\t1\t7',
    'kernel/random/boot_id': ids.bootId,
    'kernel/random/entropy_avail': '256',
    'kernel/random/poolsize': '256',
    'kernel/randomize_va_space': '2',
    'kernel/sysrq': '438',
    'kernel/tainted': world.persona.hardware.gpus.length ? '12289' : '0',
    'kernel/threads-max': String(Math.round(memory(world).total / 128)),
    'kernel/unprivileged_bpf_disabled': '2',
    'kernel/version': kernel.version,
    'kernel/yama/ptrace_scope': '0',
    'net/core/somaxconn': '4096',
    'net/core/rmem_max': '212992',
    'net/core/wmem_max': '212992',
    'net/ipv4/ip_forward': openwrt || world.persona.packages.some((name) => /^(docker|containerd)/.test(name)) ? '1' : '0',
    'net/ipv4/ip_local_port_range': '32768\t60999',
    'net/ipv4/icmp_echo_ignore_all': '0',
    'net/ipv4/tcp_congestion_control': 'cubic',
    'net/ipv4/tcp_fin_timeout': '60',
    'net/ipv4/tcp_syncookies': '1',
    'net/ipv6/conf/all/disable_ipv6': '0',
    ...perInterface,
    'vm/dirty_background_ratio': '10',
    'vm/dirty_ratio': '20',
    'vm/drop_caches': '0',
    'vm/max_map_count': '65530',
    'vm/min_free_kbytes': openwrt ? '1024' : '67584',
    'vm/nr_hugepages': '0',
    'vm/overcommit_memory': '0',
    'vm/overcommit_ratio': '50',
    'vm/swappiness': '60',
  }
}

/** A parameter's value now; undefined when the kernel has none of that path. */
export function kernelParameter(world: World, path: string): string | undefined {
  if (path === 'kernel/random/uuid') return randomUUID()
  const known = kernelParameters(world)
  return Object.hasOwn(known, path) ? (sysctlChanges(world).get(path) ?? known[path]) : undefined
}
