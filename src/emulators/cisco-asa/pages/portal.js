function webvpn_logon() {
  csco_focus('username')
}
function group_changed(list) {
  document.unicorn_form.tgroup.value = list.options[list.selectedIndex].value
}
function webvpn_logout() {
  document.location.replace('/+CSCOE+/logout.html')
}
