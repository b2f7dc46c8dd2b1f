/*! jQuery v3.7.1 */
window.jQuery = window.$ = (ready) => {
  if (typeof ready === 'function') document.addEventListener('DOMContentLoaded', ready)
  return { ready: window.$ }
}
