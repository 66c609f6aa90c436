import { expect, it } from 'vitest'
import { isView, VIEWS } from './views.ts'

it.each(VIEWS)('%s is a view, with and without a slash at its end', (view) => {
  const path = view.replace(/\$\w+/, '17')
  expect([path, path.endsWith('/') ? path : `${path}/`].map(isView)).toEqual([true, true])
})

it.each(['', '//', '/jobs/x', '/jobs/17/x', '/job', '/jobs/$jobId', '/sign-in', '/jobs\n', 'jobs'])(
  '%j is not a view, except for the empty path',
  (path) => {
    expect(isView(path)).toBe(path === '')
  },
)
