import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PAGE } from './builders.js';

const MOST_LETTERS = 120;
/** A name that starts with "_", as Leaflet's private members do; no part of the page has one. */
const PRIVATE = /(?<![\w$}])_\w+/;

/** @type {[string, string][]} */
const SOURCES = readdirSync(PAGE)
  .filter((name) => name.endsWith('.js'))
  .map((name) => [name, readFileSync(new URL(name, PAGE), 'utf8')]);

test('a private member is recognised however it is reached, and nothing else is one', () => {
  for (const code of ['map._container', 'a?._map', "layer['_tiles']", 'const { _ctx } = this', '  _setView(at) {']) {
    assert.match(code, PRIVATE);
  }
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the page's own code, as text
  for (const code of ["say('facility_closed')", '`${key}_zh`', '(_, place) => place', 'own.delivery_radius_m']) {
    assert.doesNotMatch(code, PRIVATE);
  }
});

test('the page uses the public members of Leaflet alone', () => {
  assert.ok(SOURCES.length > 20);
  for (const [name, source] of SOURCES) assert.doesNotMatch(source, PRIVATE, name);
});

test('the lock file names no registry: npm takes what it is set up with', () => {
  const lock = JSON.parse(readFileSync(new URL('../../../../package-lock.json', import.meta.url), 'utf8'));
  const packages = Object.values(lock.packages);
  assert.ok(packages.length > 4);
  for (const { resolved } of packages) assert.equal(resolved, undefined);
});

test('no line is too long, comments neither', () => {
  for (const [name, source] of SOURCES) {
    for (const [at, line] of source.split('\n').entries()) {
      assert.ok(line.length <= MOST_LETTERS, `${name}:${at + 1} has ${line.length} letters`);
    }
  }
});
