import { isAbsolute, relative, resolve, sep } from 'node:path';

/** A path relative to the project's root with forward slashes: the only form that may enter a document. */
export function projectPath(root: string, path: string): string {
  const absolute = isAbsolute(path) ? path : resolve(root, path);
  const inside = relative(root, absolute);
  return sep === '/' ? inside : inside.split(sep).join('/');
}

/** Whether `path` is `root` or lies below it. */
export function isInside(root: string, path: string): boolean {
  const inside = relative(resolve(root), resolve(path));
  return inside === '' || (!inside.startsWith('..') && !isAbsolute(inside));
}
