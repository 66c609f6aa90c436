import type { Random } from './random.ts'

export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'CONNECT',
  'PROPFIND',
  'QUERY',
  'BREW',
]

export function hostilePath(random: Random): string {
  return random.pick([
    ...[
      '%',
      '%zz',
      '%00',
      '%ff',
      '%ED%A0%80',
      '..%2f..%2fetc',
      '%2e%2e',
      '//',
      '.',
      '..',
      '-1',
      '0',
      '99999999999999999999',
    ],
    ...[
      '1.json',
      '1.xml',
      'a;b=c',
      '%F0%9F%99%82',
      '__proto__',
      'constructor',
      'a'.repeat(3000),
      '1%2F2',
      '\xff',
      'x,y',
      '?',
      '&&==&',
    ],
  ])
}
