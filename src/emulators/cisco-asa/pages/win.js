function csco_focus(id) {
  var e = document.getElementById(id)
  if (e) {
    e.focus()
  }
}
function csco_escape(s) {
  return encodeURIComponent(s)
}
