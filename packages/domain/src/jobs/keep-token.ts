import type { JobVariable } from './predefined-variables.ts'

/**
 * Variables that keep the job's token from the host of a project's own repository. Runners from 18.10 on tell Git to
 * put the token into every address of that host, and Git sends it once the host answers 401. Git takes the longest
 * rule that fits, so one that leaves the host's addresses as they are, and is a `/` longer, wins. An address with
 * credentials of its own has a rule of its own, which is longer still.
 *
 * Git reads these variables from 2.31 on; before, and with the runner's flag `FF_GIT_URLS_WITHOUT_TOKENS`, the
 * token goes where the runner sends it.
 *
 * @param chosen - the job's other variables: settings among them stay, these come behind them.
 */
export function keepToken(repoUrl: string, chosen: readonly Pick<JobVariable, 'key' | 'value'>[]): JobVariable[] {
  const [, scheme, host] = /^(https?):\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(repoUrl) ?? []
  if (scheme === undefined || host === undefined) return []
  const address = `${scheme.toLowerCase()}://${host}/`
  const given = chosen.findLast(({ key }) => key === 'GIT_CONFIG_COUNT')?.value
  // What Git does not take for a count is an error there, and not ours to mend.
  if (given !== undefined && !/^\d{1,3}$/.test(given)) return []
  const count = Number(given ?? 0)
  return [
    setting('GIT_CONFIG_COUNT', String(count + 1)),
    setting(`GIT_CONFIG_KEY_${count}`, `url.${address}.insteadOf`),
    setting(`GIT_CONFIG_VALUE_${count}`, address),
  ]
}

/** Not for service containers; raw, because an address may hold what reads like a reference. */
const setting = (key: string, value: string): JobVariable => ({ key, value, public: false, masked: false, raw: true })
