import { readFileSync } from 'node:fs'

const page = (name: string): string => readFileSync(new URL(`./pages/${name}`, import.meta.url), 'utf8')
const asset = (name: string): string => readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8')

/** Pages with marks, see `fillPage`. */
export const PAGES = {
  front: page('front.html'),
  login: page('login.html'),
  loginForm: page('login-form.html'),
  lostPasswordForm: page('lost-password-form.html'),
  resetPasswordForm: page('reset-password-form.html'),
  admin: page('admin.html'),
  notice: page('notice.html'),
  readme: page('readme.html'),
}

export const ASSETS = {
  style: asset('style.css'),
  login: asset('login.css'),
  admin: asset('admin.css'),
  logo: asset('wordpress-logo.svg'),
  jquery: asset('jquery.js'),
  license: asset('license.txt'),
}
