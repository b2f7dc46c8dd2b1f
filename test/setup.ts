import fc from 'fast-check'

// The same inputs in every run of `npm test`: a red run means a change broke something. New inputs are the fuzzers' part
// (`npm run fuzz`), or `SUNDEW_TEST_SEED=random npm test`.
const seed = process.env.SUNDEW_TEST_SEED ?? '20261124'
if (seed !== 'random') fc.configureGlobal({ seed: Number(seed) })
