// Builds the console's pages into src/console/web/dist. Kept in old JavaScript like bin/sundew.js: npm runs it with whatever Node
// it was started by. Without the development tools (npm ci --omit=dev) there is nothing to build with: pages built before stay.
import('vite')
  .then(({ build }) => build({ configFile: new URL('../src/console/web/vite.config.js', import.meta.url).pathname }))
  .catch((error) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND' && String(error.message).includes("'vite'")) {
      console.error('console pages not built: vite is a development dependency and is not installed')
      return
    }
    console.error(error)
    process.exit(1)
  })
