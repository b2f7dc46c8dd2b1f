import { render } from 'preact'

render(<p>Sundew</p>, document.getElementById('app') as HTMLElement)
