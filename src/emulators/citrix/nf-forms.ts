import { escapeHtml } from '../../http/index.ts'

interface Field {
  id: string
  label: string
  secret: boolean
  initial: Buffer
}

/**
 * The answer of nFactor to a client: what it should ask its user for (Citrix Common Authentication Forms). The value in
 * front of `<Constraint>` is what CVE-2025-5777 leaks.
 */
export function authenticateResponse(initial: Buffer, error?: string): Buffer {
  const message =
    error === undefined
      ? ''
      : `<Requirement><Credential><Type>none</Type></Credential><Label><Text>${escapeHtml(error)}</Text><Type>error</Type></Label><Input/></Requirement>`
  const fields: Field[] = [
    { id: 'login', label: 'User name', secret: false, initial },
    { id: 'passwd', label: 'Password:', secret: true, initial: Buffer.alloc(0) },
  ]
  const head =
    '<?xml version="1.0" encoding="UTF-8"?><AuthenticateResponse xmlns="http://citrix.com/authentication/response/1"><Status>success</Status><Result>more-info</Result><StateContext></StateContext><AuthenticationRequirements><PostBack>/nf/auth/doAuthentication.do</PostBack><CancelPostBack>/nf/auth/doLogoff.do</CancelPostBack><CancelButtonText>Cancel</CancelButtonText><Requirements>'
  const tail =
    '<Requirement><Credential><ID>loginBtn</ID><Type>none</Type></Credential><Label><Type>none</Type></Label><Input><Button>Log On</Button></Input></Requirement></Requirements></AuthenticationRequirements></AuthenticateResponse>'
  return Buffer.concat([Buffer.from(head + message), ...fields.flatMap(requirement), Buffer.from(tail)])
}

function requirement({ id, label, secret, initial }: Field): Buffer[] {
  const type = secret ? 'password' : 'username'
  const front = `<Requirement><Credential><ID>${id}</ID><SaveID>ExplicitForms-${secret ? 'Password' : 'Username'}</SaveID><Type>${type}</Type></Credential><Label><Text>${label}</Text><Type>nsg-login-label</Type></Label><Input><AssistiveText></AssistiveText><Text><Secret>${secret}</Secret><ReadOnly>false</ReadOnly><InitialValue>`
  return [Buffer.from(front), initial, Buffer.from('</InitialValue><Constraint>.+</Constraint></Text></Input></Requirement>')]
}
