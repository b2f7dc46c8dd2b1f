import { firewallCommand } from './net/firewall.ts'

export default firewallCommand('iptables')
