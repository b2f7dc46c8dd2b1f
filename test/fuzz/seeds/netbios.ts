import { encodeQuery, NB, NBSTAT } from '../../../src/emulators/netbios/codec.ts'

export default [
  encodeQuery({ id: 1, name: '*', suffix: 0, type: NBSTAT }),
  encodeQuery({ id: 2, name: 'WORKGROUP', suffix: 0, type: NB }),
  encodeQuery({ id: 3, name: '*SMBSERVER', suffix: 0x20, type: NB }),
]
