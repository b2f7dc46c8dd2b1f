import type { CommandResult } from '../../host/database/session.ts'

/** What the machine under the server is, for the answers of its commands. */
export interface WindowsMachine {
  name: string
  address: string
  gateway: string
}

const NEWLINE = '\r\n'
const SERVICE_ACCOUNT = 'nt service\\mssqlserver'
const LONGEST_ECHO = 4000

/**
 * Commands of cmd.exe as xp_cmdshell runs them on a Windows Server: those that intruders begin with. What they fetch does not come: no
 * name is resolved, nothing is dialled.
 */
export function runWindowsCommand(command: string, machine: WindowsMachine): CommandResult {
  const lines: string[] = []
  let exitCode = 0
  // `a & b && c`: one after the other.
  for (const part of command.split(/&{1,2}/).slice(0, 50)) {
    const answer = answerOf(part.trim(), machine)
    lines.push(...answer.lines)
    exitCode = answer.exitCode
  }
  return { stdout: Buffer.from(lines.length ? lines.join(NEWLINE) + NEWLINE : ''), stderr: Buffer.alloc(0), exitCode }
}

interface Answer {
  lines: string[]
  exitCode: number
}

const said = (...lines: string[]): Answer => ({ lines, exitCode: 0 })
const failed = (...lines: string[]): Answer => ({ lines, exitCode: 1 })

function answerOf(command: string, machine: WindowsMachine): Answer {
  const [, word = '', rest = ''] = /^"?([^\s"]{1,200})"?\s{0,50}(.*)$/s.exec(command) ?? []
  const name = word
    .toLowerCase()
    .replace(/^.*\\/, '')
    .replace(/\.exe$/, '')
  const writesFile = /[^0-9]?>{1,2}\s{0,10}\S/.test(rest)
  switch (name) {
    case '':
      return said()
    case 'cmd':
      return answerOf(rest.replace(/^\/[ckq]\s{0,10}/i, '').replace(/^"(.*)"$/s, '$1'), machine)
    case 'whoami':
      return /\/(?:priv|all)/i.test(rest) ? said(...PRIVILEGES) : said(SERVICE_ACCOUNT)
    case 'hostname':
      return said(machine.name)
    case 'ver':
      return said('', 'Microsoft Windows [Version 10.0.17763.3650]')
    case 'echo':
      return writesFile ? said() : said(rest.slice(0, LONGEST_ECHO))
    case 'cd':
      return rest ? said() : said('C:\\Windows\\system32')
    case 'ipconfig':
      return said(
        '',
        'Windows IP Configuration',
        '',
        '',
        'Ethernet adapter Ethernet0:',
        '',
        '   Connection-specific DNS Suffix  . : ',
        `   IPv4 Address. . . . . . . . . . . : ${machine.address}`,
        '   Subnet Mask . . . . . . . . . . . : 255.255.255.0',
        `   Default Gateway . . . . . . . . . : ${machine.gateway}`,
      )
    case 'net':
    case 'net1':
      return net(rest, machine)
    case 'systeminfo':
      return said(
        '',
        `Host Name:                 ${machine.name}`,
        'OS Name:                   Microsoft Windows Server 2019 Standard',
        'OS Version:                10.0.17763 N/A Build 17763',
        'OS Manufacturer:           Microsoft Corporation',
        'OS Configuration:          Standalone Server',
        'System Type:               x64-based PC',
      )
    case 'tasklist':
      return said(
        '',
        'Image Name                     PID Session Name        Session#    Mem Usage',
        '========================= ======== ================ =========== ============',
        'System Idle Process              0 Services                   0          8 K',
        'System                           4 Services                   0        148 K',
        'services.exe                   640 Services                   0      9,412 K',
        'sqlservr.exe                  2764 Services                   0    412,880 K',
        'MsMpEng.exe                   2908 Services                   0    182,204 K',
      )
    case 'dir':
      return failed(' Volume in drive C has no label.', ' Volume Serial Number is 6C1F-2A40', '', 'File Not Found')
    case 'type':
      return failed('The system cannot find the file specified.')
    case 'certutil':
      return /urlcache/i.test(rest)
        ? failed(
            '****  Online  ****',
            'CertUtil: -URLCache command FAILED: 0x80072ee7 (WinHttp: 12007 ERROR_WINHTTP_NAME_NOT_RESOLVED)',
            'CertUtil: The server name or address could not be resolved',
          )
        : said('CertUtil: -dump command completed successfully.')
    case 'bitsadmin':
      return failed(
        '',
        'BITSADMIN version 3.0',
        'BITS administration utility.',
        '(C) Copyright Microsoft Corp.',
        '',
        'Unable to complete transfer.',
      )
    case 'powershell':
    case 'pwsh':
    case 'wmic':
    case 'cscript':
    case 'wscript':
    case 'mshta':
    case 'rundll32':
    case 'regsvr32':
    case 'start':
    case 'attrib':
    case 'cacls':
    case 'icacls':
    case 'takeown':
    case 'del':
    case 'copy':
    case 'move':
    case 'md':
    case 'mkdir':
    case 'set':
    case 'ping':
      return said()
    case 'reg':
    case 'sc':
    case 'schtasks':
    case 'netsh':
    case 'taskkill':
      return failed('ERROR: Access is denied.')
    default:
      return failed(`'${word}' is not recognized as an internal or external command,`, 'operable program or batch file.')
  }
}

const PRIVILEGES = [
  '',
  'PRIVILEGES INFORMATION',
  '----------------------',
  '',
  'Privilege Name                Description                               State   ',
  '============================= ========================================= ========',
  'SeAssignPrimaryTokenPrivilege Replace a process level token             Disabled',
  'SeIncreaseQuotaPrivilege      Adjust memory quotas for a process        Disabled',
  'SeChangeNotifyPrivilege       Bypass traverse checking                  Enabled ',
  'SeImpersonatePrivilege        Impersonate a client after authentication Enabled ',
  'SeCreateGlobalPrivilege       Create global objects                     Enabled ',
]

function net(rest: string, { name }: WindowsMachine): Answer {
  if (/\/(?:add|delete|active)|\s\S+\s\S+/i.test(rest)) return failed('System error 5 has occurred.', '', 'Access is denied.', '')
  if (/^user/i.test(rest))
    return said(
      '',
      `User accounts for \\\\${name}`,
      '',
      '-------------------------------------------------------------------------------',
      'Administrator            DefaultAccount           Guest                    ',
      'WDAGUtilityAccount       ',
      'The command completed successfully.',
      '',
    )
  if (/^localgroup/i.test(rest))
    return said(
      'Alias name     administrators',
      'Comment        Administrators have complete and unrestricted access to the computer/domain',
      '',
      'Members',
      '',
      '-------------------------------------------------------------------------------',
      'Administrator',
      'The command completed successfully.',
      '',
    )
  return said('The command completed successfully.', '')
}
