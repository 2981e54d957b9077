import { expect, test } from 'vitest'
import { isPrivateAddress, isPrivateEntry } from '../../../../electron/core/network/private-addresses.ts'

test.each([
  '127.0.0.1',
  '127.255.255.254',
  '10.1.2.3',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  '::ffff:0:127.0.0.1',
  '[::1]',
  'fe80::1',
  'fe80::1%eth0',
  'fec0::1',
  'fd12:3456::1',
  'fc00::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::127.0.0.1',
  '64:ff9b::7f00:1',
  '64:ff9b::10.0.0.1',
  '2002:7f00:1::',
  '2002:a00:1::1',
  '2001:db8::1',
  '2001::1',
  '100::1',
  'no address',
  '',
])('%s is private', (address) => {
  expect(isPrivateAddress(address)).toBe(true)
})

test.each([
  '1.1.1.1',
  '172.15.0.1',
  '172.32.0.1',
  '100.128.0.1',
  '11.0.0.1',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
])('%s is public', (address) => {
  expect(isPrivateAddress(address)).toBe(false)
})

test.each([
  ['127.0.0.1', true],
  ['10.0.0.5:8080', true],
  ['[::1]:3000', true],
  ['[fd12::1]', true],
  ['fd12::1', true],
  ['localhost', true],
  ['LOCALHOST:3000', true],
  ['8.8.8.8', false],
  ['8.8.8.8:443', false],
  ['[2606:4700::1111]:443', false],
  ['nas.example.com', false],
  ['localhost.example.com', false],
  ['*.localhost', false],
  ['10.0.0.5.example.com', false],
  ['', false],
])('the entry %s of a list of hosts is private: %s', (entry, isPrivate) => {
  expect(isPrivateEntry(entry)).toBe(isPrivate)
})
