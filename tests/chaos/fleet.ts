import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DidNotStart, type Environment, Gateway } from '../support/gateway.ts'
import { FaultProxy } from './fault-proxy.ts'
import type { Report } from './report.ts'

/** Time for a process to stop: its own 25 s, and more than twice that for a busy machine. */
const STOP_MS = 60_000
const BETWEEN_STARTS_MS = 300
const TOLD_AT_END = 4_000

/** A member of the fleet: its process may be replaced, its data and its name stay. */
export interface Member {
  readonly name: string
  readonly dataDir: string
  gateway: Gateway | null
}

/** The gateways, behind a load balancer that skips those that are down. */
export class Fleet {
  readonly members: readonly Member[]
  readonly balancer: FaultProxy
  readonly adminToken: string
  readonly registrationToken: string
  readonly #env: Environment
  readonly #report: Report
  #closing = false

  private constructor(members: readonly Member[], balancer: FaultProxy, env: Environment, report: Report) {
    this.members = members
    this.balancer = balancer
    this.adminToken = env.ADMIN_TOKEN ?? ''
    this.registrationToken = env.REGISTRATION_TOKEN ?? ''
    this.#env = { ...env, EXTERNAL_URL: `http://127.0.0.1:${balancer.port}` }
    this.#report = report
  }

  static async start({
    folder,
    env,
    size,
    report,
  }: {
    folder: string
    env: Environment
    size: number
    report: Report
  }): Promise<Fleet> {
    const members: Member[] = []
    for (let number = 1; number <= size; number++) {
      const dataDir = join(folder, `gateway-${number}`)
      await mkdir(dataDir)
      members.push({ name: size === 1 ? 'the gateway' : `gateway ${number}`, dataDir, gateway: null })
    }
    let turn = 0
    const balancer = await FaultProxy.start(() => {
      turn += 1
      const ports = members.flatMap(({ gateway }) => (gateway?.running ? [Number(new URL(gateway.url).port)] : []))
      return ports.map((_, index) => ports[(index + turn) % ports.length] ?? 0)
    })
    const fleet = new Fleet(members, balancer, env, report)
    // One after the other, because the first one creates the tables.
    for (const member of members) await fleet.launch(member)
    return fleet
  }

  /** The address for runners and people. */
  get url(): string {
    return `http://127.0.0.1:${this.balancer.port}`
  }

  /** The folder of the only gateway in the embedded form. */
  get objectFolder(): string {
    return join(this.members[0]?.dataDir ?? '', 'objects')
  }

  /** Starts a member's process repeatedly until it serves, as a service manager does. */
  async launch(member: Member): Promise<void> {
    while (!this.#closing) {
      try {
        const gateway = await Gateway.start(member.dataDir, this.#env)
        member.gateway = gateway
        void this.#watch(member, gateway)
        return
      } catch (error) {
        if (!(error instanceof DidNotStart)) throw error
        const sentence = `${member.name} did not start (exit code ${error.exitCode}): ${lastLine(error.output)}`
        this.#report.note(sentence)
        // Expected while the database is down, and there are many attempts.
        if (error.exitCode === null) this.#report.say(sentence)
        await pause(BETWEEN_STARTS_MS)
      }
    }
  }

  async kill(member: Member): Promise<void> {
    const { gateway } = member
    member.gateway = null
    await gateway?.kill()
  }

  /** Asks a member to stop. If it does not, that is a difference, and it is killed. */
  async terminate(member: Member): Promise<void> {
    const { gateway } = member
    member.gateway = null
    if (!gateway) return
    const begun = Date.now()
    const late = setTimeout(() => {
      this.#report.difference(`${member.name} is still running ${STOP_MS / 1000} s after SIGTERM`, begun)
      gateway.signal('SIGKILL')
    }, STOP_MS)
    await gateway.stop()
    clearTimeout(late)
  }

  async close(): Promise<void> {
    this.#closing = true
    await Promise.all(this.members.map((member) => this.terminate(member)))
    await this.balancer.stop()
  }

  /** Counts an exit without a signal as a difference, and starts another process. */
  async #watch(member: Member, gateway: Gateway): Promise<void> {
    const code = await gateway.exited()
    if (member.gateway !== gateway) return
    member.gateway = null
    this.#report.difference(
      `${member.name} ended by itself with exit code ${code}:\n${gateway.output.slice(-TOLD_AT_END)}`,
      Date.now() - 5_000,
    )
    await this.launch(member)
  }
}

const lastLine = (output: string): string => output.trim().split('\n').at(-1)?.slice(0, 300) ?? ''
