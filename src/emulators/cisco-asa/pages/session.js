var session = { timeout: 1800, idle: 0 }
function session_tick() {
  session.idle += 60
  if (session.idle >= session.timeout) {
    document.location.replace('/+CSCOE+/session_expired.html')
  }
}
setInterval(session_tick, 60000)
