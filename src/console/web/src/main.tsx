import '@preact/signals'
import { render } from 'preact'
import { whoAmI } from './api.ts'
import { App } from './app.tsx'
import { listenToKeys } from './keyboard.ts'
import { followLinks } from './router.ts'
import './theme.ts'
import './styles/base.css'
import './styles/layout.css'
import './styles/parts.css'
import './styles/pages.css'
import './styles/lab.css'

followLinks()
listenToKeys()
await whoAmI()
render(<App />, document.getElementById('app') as HTMLElement)
