/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
// What these return is found out inside of a page: nothing of this module is there, so each function stands alone.

/** What is wrong with the charts of a page that is wholly unfolded. */
export function chartProblems(): string[] {
  const problems: string[] = [];
  const page = document.documentElement.clientWidth;
  for (const svg of document.querySelectorAll<SVGSVGElement>('main svg[role="img"]')) {
    const name = svg.getAttribute('aria-labelledby') ?? 'a chart';
    const box = svg.getBoundingClientRect();
    const figure = svg.closest('figure')?.getBoundingClientRect() ?? box;
    if (box.width < 150 || box.height < 60) problems.push(`${name} is ${box.width} x ${box.height} px`);
    if (box.left < 0 || box.right > page + 0.5) problems.push(`${name} leaves the page`);
    const marks = [...svg.querySelectorAll<SVGGraphicsElement>('path, circle, rect, line, use')].filter(
      (mark) => {
        const { width, height } = mark.getBoundingClientRect();
        return width + height > 1 && mark.closest('clipPath') === null;
      },
    );
    if (marks.length < 2) problems.push(`${name} draws nothing`);
    const texts = [...svg.querySelectorAll('text')].flatMap((text) => {
      const rect = text.getBoundingClientRect();
      return rect.width === 0 ? [] : [{ said: text.textContent ?? '', rect }];
    });
    if (texts.length < 2) problems.push(`${name} has no axis in words`);
    for (const [index, { said, rect }] of texts.entries()) {
      const isInside =
        rect.left >= Math.max(0, figure.left - 1) &&
        rect.right <= Math.min(page, figure.right + 1) + 0.5 &&
        rect.top >= figure.top - 1 &&
        rect.bottom <= figure.bottom + 1;
      if (!isInside) problems.push(`${name}: "${said}" is cut off`);
      for (const other of texts.slice(index + 1)) {
        const across = Math.min(rect.right, other.rect.right) - Math.max(rect.left, other.rect.left);
        const along = Math.min(rect.bottom, other.rect.bottom) - Math.max(rect.top, other.rect.top);
        if (across > 2 && along > 3) problems.push(`${name}: "${said}" and "${other.said}" overlap`);
      }
    }
  }
  return problems;
}

/** Texts and lines of charts that stand out too little from the page (WCAG 1.4.3 and 1.4.11); axe-core looks at HTML only. */
export function chartContrastProblems(): string[] {
  const luminance = (color: string): number => {
    const [red = 0, green = 0, blue = 0] = (color.match(/[\d.]+/g) ?? []).map((part) => {
      const share = Number(part) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const page = luminance(getComputedStyle(document.body).backgroundColor);
  const contrast = (color: string): number => {
    const [light = 0, dark = 0] = [luminance(color), page].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const problems = new Set<string>();
  for (const svg of document.querySelectorAll('main figure svg')) {
    for (const text of svg.querySelectorAll('text')) {
      const { fill } = getComputedStyle(text);
      if (contrast(fill) < 4.5) problems.add(`text in ${fill}: ${contrast(fill).toFixed(2)}`);
    }
  }
  // The series' own colours, which legends show by themselves.
  for (const mark of document.querySelectorAll('main figure .legend svg *')) {
    const { stroke, fill } = getComputedStyle(mark);
    const color = stroke !== 'none' ? stroke : fill;
    if (/^rgb\(/.test(color) && contrast(color) < 3)
      problems.add(`series in ${color}: ${contrast(color).toFixed(2)}`);
  }
  return [...problems];
}

/** What stands in the page and in the model, to compare: the tables' rows as texts, by the id of the table. */
export function tableRows(id: string): string[][] {
  return [...document.querySelectorAll(`#${id} tbody tr`)].map((row) =>
    [...row.children].map((cell) => (cell.textContent ?? '').replace(/\s+/g, ' ').trim()),
  );
}

/** Whatever can be reached with the Tab key now, in the order of the document. */
export function focusable(): string[] {
  const all = document.querySelectorAll<HTMLElement>('a[href], summary, [tabindex="0"]');
  return [...all]
    .filter((element) => element.checkVisibility())
    .map((element, index) => {
      element.dataset.stop = String(index);
      return String(index);
    });
}

/** Where the focus is, and whether a reader sees it. */
export function focused(): { stop: string | null; isSeen: boolean } {
  const element = document.activeElement;
  if (!(element instanceof HTMLElement) || element === document.body) return { stop: null, isSeen: false };
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const { bottom, top, width } = element.getBoundingClientRect();
  const isInView = bottom > 0 && top < innerHeight && width > 0;
  return {
    stop: element.dataset.stop ?? null,
    isSeen: isInView && outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0,
  };
}

/** Sentences of everything that folds: what a print must have. Links to files are of no use on paper. */
export function foldedTexts(): string[] {
  const texts = document.querySelectorAll(
    'details h3, details p, details caption, details figcaption, details li, details tbody th, details dd, details pre',
  );
  return [...texts]
    .filter((element) => element.closest('td, .files') === null)
    .map((element) => {
      const copy = element.cloneNode(true) as Element;
      for (const link of copy.querySelectorAll('a:not([href^="#"])')) link.remove();
      return (copy.textContent ?? '').trim();
    })
    .filter((text) => text !== '');
}

/** Animations and transitions, running or waiting. */
export function motions(): string[] {
  const moving = [...document.querySelectorAll('*')].filter((element) => {
    const { transitionDuration, animationName, scrollBehavior } = getComputedStyle(element);
    return /[1-9]/.test(transitionDuration) || animationName !== 'none' || scrollBehavior === 'smooth';
  });
  return [...moving.map(({ tagName }) => tagName), ...document.getAnimations().map(({ id }) => id)];
}
