import { describe, expect, it } from 'vitest'
import { managerDetails, saysMore } from './manager-details.ts'
import type { Manager } from './runner.ts'

const stored: Manager = {
  id: 1,
  runnerId: 1,
  systemId: 's_1',
  version: '16.0.0',
  revision: null,
  platform: 'linux',
  architecture: null,
  executor: 'docker',
  ipAddress: '203.0.113.7',
  config: { gpus: 'all' },
  features: { cancelable: true, nested: { a: 1, b: [2] } },
  labels: { zone: 'north' },
  contactedAt: null,
  createdAt: new Date(0),
  updatedAt: new Date(0),
}

describe('what is stored of a heartbeat', () => {
  it('is only the address when there is no info', () => {
    expect(managerDetails(null, '203.0.113.7')).toEqual({ ipAddress: '203.0.113.7' })
    expect(managerDetails({}, null)).toEqual({})
  })

  it('excludes blank values and values of a wrong type', () => {
    const info = {
      version: '',
      revision: ' ',
      platform: null,
      architecture: [],
      executor: {},
      config: 'x',
      features: [],
    }
    expect(managerDetails({ ...info, labels: 5 }, null)).toEqual({})
  })

  it('is text for numbers', () => {
    expect(managerDetails({ version: 16.1 }, null)).toEqual({ version: '16.1' })
  })

  it.each([
    ['docker', 'docker'],
    ['docker-ssh+machine', 'docker-ssh+machine'],
    ['docker-autoscaler', 'docker-autoscaler'],
    ['Docker', 'unknown'],
    ['toString', 'unknown'],
  ])('maps the executor %s to %s', (executor, expected) => {
    expect(managerDetails({ executor }, null)).toEqual({ executor: expected })
  })

  it('keeps valid labels, 32 at most', () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`label-${n}`, 'x']))
    expect(Object.keys(managerDetails({ labels: many }, null).labels ?? {})).toHaveLength(32)
    const odd = { ab: 'short name', 'good.name': 'v-1', '-no': 'x', empty: '', number: 5, [`l${'x'.repeat(65)}`]: 'x' }
    expect(managerDetails({ labels: odd }, null)).toEqual({ labels: { 'good.name': 'v-1' } })
    expect(managerDetails({ labels: odd, config: { other: 1 } }, null)).not.toHaveProperty('config')
  })
})

describe('whether a heartbeat has more than is stored', () => {
  it('is false for the same details in another order, or for fewer', () => {
    expect(saysMore({}, stored)).toBe(false)
    expect(saysMore({ version: '16.0.0', features: { nested: { b: [2], a: 1 }, cancelable: true } }, stored)).toBe(
      false,
    )
  })

  it('is false for another address, which is stored with the contact', () => {
    expect(saysMore({ ipAddress: '198.51.100.1' }, stored)).toBe(false)
  })

  it.each([
    [{ version: '16.0.1' }],
    [{ revision: 'abc' }],
    [{ features: { cancelable: true } }],
    [{ features: { cancelable: true, nested: { a: 1, b: [3] } } }],
    [{ config: { gpus: '' } }],
    [{ labels: { zone: 'south' } }],
  ])('is true for %j', (details) => {
    expect(saysMore(details, stored)).toBe(true)
  })
})
