import { suggestion } from '../base/suggest.js';
import { isNull, overlay, withoutKeys } from './merge.js';
import { type Entry, entryOf, type MapNode, membersOf, type Node } from './node.js';
import type { Origin, Report } from './source.js';

/** Sections whose members have names that the user chooses. */
export const NAMED_SECTIONS = ['axes', 'models', 'stages', 'devices', 'executors'] as const;

export interface SelectedProfile {
  readonly name: string;
  /** Where it was chosen. */
  readonly at: Origin;
}

/** The profiles to apply: those of the command line, else `default_profile`. Unknown ones are reported. */
export function selectProfiles(root: MapNode, chosen: readonly string[], report: Report): SelectedProfile[] {
  const known = membersOf(root, 'profiles');
  const byDefault = fromDefault(root);
  const wanted = chosen.length > 0 ? fromCommandLine(chosen) : byDefault;
  const selected = new Map<string, SelectedProfile>();
  for (const profile of wanted) if (known.has(profile.name)) selected.set(profile.name, profile);
  for (const profile of new Set([...wanted, ...byDefault])) {
    if (known.has(profile.name)) continue;
    const hint = suggestion(profile.name, known.keys(), 'profiles in this file');
    report('unknown-profile', `there is no profile \`${profile.name}\``, profile.at, hint);
  }
  return [...selected.values()];
}

function fromCommandLine(chosen: readonly string[]): SelectedProfile[] {
  const source = { file: '--profile', text: chosen.join(',') };
  const selected: SelectedProfile[] = [];
  let start = 0;
  for (const name of source.text.split(',')) {
    selected.push({ name, at: { source, start, end: start + name.length } });
    start += name.length + 1;
  }
  return selected;
}

function fromDefault(root: MapNode): SelectedProfile[] {
  const value = entryOf(root, 'default_profile')?.value;
  if (value?.kind !== 'scalar' || typeof value.value !== 'string') return [];
  return [{ name: value.value, at: value.origin }];
}

/** The file's own sections with the selected profiles laid over them, in order. */
export function applyProfiles(root: MapNode, selected: readonly SelectedProfile[], report: Report): Node {
  const profiles = membersOf(root, 'profiles');
  let merged = overlay(undefined, withoutKeys(root, ['profiles', 'default_profile']));
  for (const { name } of selected) {
    const profile = profiles.get(name);
    if (profile?.value.kind !== 'map') continue;
    reportUselessRemovals(root, selected, profile.value, report);
    merged = overlay(merged, profile.value);
  }
  return merged;
}

/** A misspelt name in `name: ~` would otherwise remove nothing without a word. */
function reportUselessRemovals(
  root: MapNode,
  selected: readonly SelectedProfile[],
  profile: MapNode,
  report: Report,
): void {
  const profiles = membersOf(root, 'profiles');
  for (const section of NAMED_SECTIONS) {
    const known = new Map<string, Entry>(membersOf(root, section));
    for (const { name } of selected) {
      for (const [key, entry] of membersOf(profiles.get(name)?.value, section)) {
        if (!isNull(entry.value)) known.set(key, entry);
      }
    }
    for (const [key, entry] of membersOf(profile, section)) {
      if (!isNull(entry.value) || known.has(key)) continue;
      const message = `there is no \`${section}.${key}\` to remove`;
      report('nothing-to-remove', message, entry.key, suggestion(key, known.keys(), `known ${section}`));
    }
  }
}
