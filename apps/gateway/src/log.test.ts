import { describe, expect, it } from 'vitest'
import { describeRequest, openLog, redactor, withRequestId } from './log.ts'

describe('the redactor', () => {
  it.each([
    ['glrt-AbCdEfGh12345678_-xy', 'glrt-AbCdEfGh…'],
    ['got glrtr-AbCdEfGh1234567890 today', 'got glrtr-AbCdEfGh… today'],
    ['token=glcbt-64_AbCdEfGh1234567890', 'token=glcbt-64_AbCdEfGh…'],
    ['GR1348941AbCdEfGh1234567890', 'GR1348941AbCdEfGh…'],
    ['https://gitlab-ci-token:secret@host/x.git', 'https://gitlab-ci-token:…@host/x.git'],
    ['postgres://user:pass@db/name', 'postgres://user:…@db/name'],
    ['https://ghp_secret@host/x.git', 'https://…@host/x.git'],
    ['https://:secret@host/x.git', 'https://…@host/x.git'],
    ['posted to https://host/hook?key=secret&b=1 twice', 'posted to https://host/hook?… twice'],
    ['/sign-in?token=abcdef', '/sign-in?token=…'],
    ['nothing to hide', 'nothing to hide'],
  ])('turns %s into %s', (text, clean) => {
    expect(redactor([])(text)).toBe(clean)
  })

  it('hides given values of any form', () => {
    expect(redactor(['my admin token'])('say my admin token twice: my admin token')).toBe('say … twice: …')
  })
})

describe('the log', () => {
  it('writes the request, its job and its runner in every line, and no token', async () => {
    const lines: string[] = []
    const log = openLog('info', [], (line) => lines.push(line))
    await withRequestId('req-1', async () => {
      log.info('first')
      describeRequest({ job: 7, runner: 3 })
      await Promise.resolve()
      log.info({ token: 'glrt-AbCdEfGh12345678_-xy' }, 'second')
    })
    log.info('outside')
    const [first, second, outside] = lines.map((line) => JSON.parse(line))
    expect(first).toMatchObject({ requestId: 'req-1', msg: 'first' })
    expect(second).toMatchObject({ requestId: 'req-1', job: 7, runner: 3, token: 'glrt-AbCdEfGh…' })
    expect(outside.requestId).toBeUndefined()
  })
})
