import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { fingerprint, publicBlob, publicLine } from '../../../src/host/keys/key-files.ts'
import { MemoryState, makeHost } from '../harness.ts'

const host = makeHost()

async function text(command: string, user = 'root', on = host): Promise<string> {
  const { stdout, stderr } = await on.run(command, { user })
  return (stdout + stderr).trimEnd()
}

describe('capabilities', () => {
  it('belong to files: ping has one, setcap gives one, python uses it, a write and a restart are seen', async () => {
    const state = new MemoryState()
    const before = makeHost('debian-web', { state })
    expect(await text('getcap -r / 2>/dev/null', 'root', before)).toBe('/usr/bin/ping cap_net_raw=ep')
    await before.run('cp $(readlink -f /usr/bin/python3) /usr/local/bin/py; setcap cap_setuid+ep /usr/local/bin/py')
    const rise = `py -c 'import os; os.setuid(0); print(os.getuid())' 2>&1 | tail -n 1`
    expect(await text(rise, 'maris', before)).toBe('0')
    expect(await text(rise.replace('py', 'python3'), 'maris', before)).toContain('Operation not permitted')
    before.close()
    const after = makeHost('debian-web', { state })
    expect(await text('getcap /usr/local/bin/py', 'root', after)).toBe('/usr/local/bin/py cap_setuid=ep')
    expect(await text('echo >> /usr/local/bin/py; getcap /usr/local/bin/py', 'root', after)).toBe('')
  })

  it('let a file be read that is not one’s own', async () => {
    await host.run('cp /bin/cat /usr/local/bin/all; setcap cap_dac_read_search=ep /usr/local/bin/all')
    expect(await text('all /etc/shadow | head -n 1 | cut -d: -f1', 'maris')).toBe('root')
    expect(await text('cat /etc/shadow', 'maris')).toContain('Permission denied')
  })

  it('of processes are those of /proc in capsh and getpcaps', async () => {
    expect(await text('capsh --print | grep -e Current: -e IAB')).toBe('Current: =ep\nCurrent IAB:')
    expect(await text('/usr/sbin/capsh --print | grep Current:', 'maris')).toBe('Current: =')
    expect(await text('capsh --drop=cap_chown -- -c "getpcaps \\$\\$" | cut -d" " -f2-')).toBe('=ep cap_chown-ep')
    expect(await text('sed -n s/CapEff:.//p /proc/1/status')).toBe('000001ffffffffff')
  })
})

describe('who and where a process is', () => {
  it('newgrp changes what id and new files show, and the log tells it', async () => {
    expect(await text('echo "id; touch /tmp/ng; stat -c %G /tmp/ng" | newgrp sudo', 'maris')).toBe(
      'uid=1000(maris) gid=27(sudo) groups=27(sudo),1000(maris),24(cdrom),46(plugdev)\nsudo',
    )
    expect(await text('tail -n 20 /var/log/auth.log')).toContain('newgrp[')
  })

  it('groupmod moves a group and whoever has it first', async () => {
    await host.run('groupadd -g 4100 crew; useradd -g crew sailor; groupmod -g 4200 -n hands crew')
    expect(await text('id -gn sailor; grep -c crew /etc/group /etc/gshadow; getent passwd sailor | cut -d: -f4')).toBe(
      'hands\n/etc/group:0\n/etc/gshadow:0\n4200',
    )
  })

  it('a chroot shows in /proc, and what is not in it cannot be run', async () => {
    await host.run('mkdir -p /srv/jail/bin; cp /bin/bash /srv/jail/bin')
    expect(await text('chroot /srv/jail /bin/bash')).toMatch(/failed to run command .\/bin\/bash.: No such file or directory/)
    await host.run('cd /srv/jail; mkdir -p lib64 lib/x86_64-linux-gnu; cp -L /lib64/ld-linux-x86-64.so.2 lib64')
    await host.run('for l in libtinfo.so.6 libc.so.6; do cp -L /lib/x86_64-linux-gnu/$l /srv/jail/lib/x86_64-linux-gnu; done')
    const script = 'chroot /srv/jail /bin/bash -c "read x" < <(sleep 2) & sleep 0.3; readlink /proc/$!/root /proc/$!/cwd; kill $!'
    expect(await text(script)).toBe('/srv/jail\n/srv/jail')
    expect(await text('chroot /srv/jail /bin/bash -c "cd ../..; pwd; echo /*; echo x > /made"; cat /srv/jail/made')).toBe(
      '/\n/bin /lib /lib64\nx',
    )
  })

  it('unshare makes namespaces that lsns and /proc number alike; one’s rights over files stay', async () => {
    const [own, listed] = (await text('unshare -n sh -c "readlink /proc/self/ns/net; lsns -n -o NS -t net -p \\$\\$"')).split('\n')
    expect(own).toBe(`net:[${listed}]`)
    expect(await text('unshare -n ip addr')).toBe(
      '1: lo: <LOOPBACK> mtu 65536 qdisc noop state DOWN group default qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00',
    )
    expect(await text('unshare -n ss -Htln; unshare -n ip route')).toBe('')
    expect(await text('unshare -r sh -c "id -u; cat /etc/shadow; stat -c %U /root /home/maris; su -c id"', 'maris')).toBe(
      '0\nnobody\nroot\nuid=0(root) gid=0(root) groups=0(root)\ncat: /etc/shadow: Permission denied',
    )
    expect(
      await text(
        'cp /bin/true /tmp/u; unshare -r /usr/sbin/setcap cap_setuid+ep /tmp/u; /usr/sbin/getcap -n /tmp/u; unshare -r su -c "touch /root/x"',
        'maris',
      ),
    ).toBe("/tmp/u cap_setuid=ep [rootid=1000]\ntouch: cannot touch '/root/x': Permission denied")
    expect(await text('unshare -u sh -c "hostname inner; hostname; uname -n"; hostname')).toBe(`inner\ninner\n${host.persona.hostname}`)
    expect(await text('nsenter -t 1 -m -u -i -n -p id -un; lsns -n -t mnt -o COMMAND | head -n 1')).toBe('root\n/sbin/init')
  })
})

describe('SSH', () => {
  it('ssh-add asks the agent whose pid ps shows, and the forwarded one', async () => {
    const script = 'eval $(ssh-agent) > /dev/null; ps -o comm= -p $SSH_AGENT_PID; kill -9 $SSH_AGENT_PID; ssh-add -l'
    expect(await text(script)).toBe('ssh-agent\nError connecting to agent: Connection refused')
    const session = host.host.spawn({ ...host.request('ssh-add -l; ls $SSH_AUTH_SOCK | wc -l'), forwards: { agent: true } })
    session.stdin.end()
    const parts: Uint8Array[] = []
    for await (const part of session.stdout) parts.push(part)
    expect(Buffer.concat(parts).toString()).toBe('The agent has no identities.\n1\n')
  })

  it('ssh-keyscan shows the keys in /etc/ssh, and nothing where no sshd listens', async () => {
    const blob = publicBlob('ssh-ed25519', generateKeyPairSync('ed25519').privateKey)
    host.host.files('root').write('/etc/ssh/ssh_host_ed25519_key.pub', Buffer.from(publicLine('ssh-ed25519', blob, 'root@x')))
    expect(await text('ssh-keyscan localhost 2>/dev/null')).toBe(`localhost ssh-ed25519 ${blob.toString('base64')}`)
    expect(await text('ssh-keyscan -p 80 localhost; ssh-keyscan -p 2 localhost; echo $?')).toBe('1')
    expect(await text('ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub')).toContain(fingerprint(blob))
    expect(host.recorder.of('indicator').map(({ how }) => how)).toContain('ssh-keyscan')
  })
})

describe('storage', () => {
  it('what mkfs makes on a loop device blkid, lsblk, mount and df know; umount leaves the device', async () => {
    await host.run('truncate -s 64M /root/img; losetup /dev/loop0 /root/img; mkfs.ext4 -q -L spare /dev/loop0; mount /dev/loop0 /mnt')
    expect(await text('blkid -o value -s LABEL /dev/loop0; lsblk -n -o NAME,SIZE,TYPE,MOUNTPOINT /dev/loop0')).toBe(
      'spare\nloop0  64M loop /mnt',
    )
    expect(await text("df -T /mnt | awk 'NR == 2{print $1, $2}'; findmnt -n -o SOURCE /mnt")).toBe('/dev/loop0 ext4\n/dev/loop0')
    expect(await text('mkfs.ext4 -q /dev/loop0; mkfs.ext4 -q /dev/vda1')).toBe(
      '/dev/loop0 is mounted; will not make a filesystem here!\n/dev/vda1 is mounted; will not make a filesystem here!',
    )
    expect(await text('umount /mnt; losetup -n -O BACK-FILE; losetup -d /dev/loop0; losetup')).toBe('/root/img')
    expect(await text('mount /root/img /mnt; losetup -n -O AUTOCLEAR; umount /mnt; losetup; mount /etc/passwd /mnt | head -n 1')).toMatch(
      /^ +1\nmount: \/mnt: wrong fs type/,
    )
  })

  it('a swap area counts in free, /proc/swaps and swapon', async () => {
    const total = async (): Promise<number> => Number(await text("free -k | awk '/Swap/{print $2}'"))
    const before = await total()
    await host.run('dd if=/dev/zero of=/swap2 bs=1M count=8 2>/dev/null; chmod 600 /swap2; mkswap -q /swap2; swapon /swap2')
    expect((await total()) - before).toBe(8188)
    expect(await text("swapon --show=NAME,SIZE --noheadings --raw | tail -n 1; awk 'END{print $1, $3}' /proc/swaps")).toBe(
      '/swap2 8M\n/swap2 8188',
    )
    await host.run('swapoff /swap2')
    expect(await total()).toBe(before)
  })
})

describe('what lists say', () => {
  it('pmap adds up to what ps says, of one process and the other', async () => {
    const [kib, size] = (await text("pmap $$ | awk '/total/{print $2}'; ps -o vsz= -p $$")).split('\n')
    expect(Number.parseInt(kib as string, 10)).toBe(Number(size))
    const [resident, shown] = (await text("pmap -x 1 | awk '/total/{print $4}'; ps -o rss= -p 1")).split('\n')
    expect(Number(resident)).toBe(Number(shown))
    expect(await text('pmap 1; echo $?', 'maris')).toBe('1:   /sbin/init\n1')
  })

  it('lslogins knows the accounts, and passwords only as root', async () => {
    expect(await text('lslogins -u -n -o USER | tr -d "\\n"')).toBe('USER="root"USER="maris"USER="deploy"USER="backup-sync"USER="sailor"')
    expect(await text('usermod -L deploy; lslogins -c --noheadings -l deploy -o USER,PWD-LOCK,SHELL')).toBe('deploy:1:/bin/bash')
    expect(await text('lslogins -c --noheadings -l deploy -o USER,PWD-LOCK', 'maris')).toBe('deploy:')
    expect(await text('lslogins maris | grep -c yescrypt')).toBe('1')
  })

  it('the alternatives are the links in /etc/alternatives', async () => {
    const names = (await text('update-alternatives --get-selections')).split('\n').map((line) => line.split(/\s+/))
    for (const [name, , path] of names) expect(await text(`readlink /etc/alternatives/${name}`)).toBe(path)
    expect(await text('echo 3 | update-alternatives --config editor | tail -n 1; readlink /etc/alternatives/editor')).toMatch(
      /vim\.tiny\n|\/vim\.tiny$/,
    )
    expect(await text('update-alternatives --query editor | grep Status')).toBe('Status: manual')
  })

  it('ldd finds what a program of the machine needs where it lies, and what it does not have nowhere', async () => {
    expect(await text("ldd /usr/sbin/nginx | awk '{print $3}' | grep ^/ | xargs ls -d | wc -l")).toBe(
      await text("ldd /usr/sbin/nginx | grep -c '=> /'"),
    )
    expect(await text('rm /lib/x86_64-linux-gnu/libselinux.so.1; cp /bin/ls /tmp/ls2; ldd /tmp/ls2 | sed -n 2p')).toBe(
      '\tlibselinux.so.1 => not found',
    )
    expect(await text('grep -ao "libpcre2-8.so.0" /usr/lib/x86_64-linux-gnu/libselinux.so.1* | head -n 1; ldd /usr/bin/ldd')).toContain(
      'not a dynamic executable',
    )
  })

  it('hwclock goes with date; faillog is empty', async () => {
    expect((await text('hwclock')).slice(0, 16)).toBe(await text("date '+%F %H:%M'"))
    expect(await text('faillog; stat -c %s /var/log/faillog')).toBe('0')
  })

  it.each(
    'partprobe parted lvs pvs vgs mdadm ar nm objdump readelf strace gdb at batch atq anacron getfattr'.split(' '),
  )('%s is not there without its package', async (name) => {
    const { stderr, exitCode } = await host.run(name)
    expect({ stderr, exitCode }).toEqual({ stderr: `bash: line 1: ${name}: command not found\n`, exitCode: 127 })
  })
})
