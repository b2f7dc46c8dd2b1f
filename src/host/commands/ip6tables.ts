import { firewallCommand } from './net/firewall.ts'

export default firewallCommand('ip6tables')
