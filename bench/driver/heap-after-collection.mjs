import { constants, PerformanceObserver } from 'node:perf_hooks'

// Loaded into a sensor by NODE_OPTIONS=--import: after each full collection it prints what is still alive, and makes no collection happen.
const observer = new PerformanceObserver((list) => {
  if (list.getEntries().some(({ detail }) => detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR))
    process.stdout.write(`heap after collection ${process.memoryUsage().heapUsed}\n`)
})
observer.observe({ entryTypes: ['gc'] })
