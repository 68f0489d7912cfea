(minimum) => {
  // Every visible text whose contrast with what is behind it is below `minimum`, by the formula of WCAG 2.2.
  const parse = (colour) => {
    const [red, green, blue, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return { rgb: [red, green, blue], alpha };
  };
  const over = (top, below) => top.rgb.map((one, at) => one * top.alpha + below[at] * (1 - top.alpha));
  const background = (element) => {
    if (!element) return [255, 255, 255];
    const own = getComputedStyle(element).backgroundColor;
    const parsed = own === "rgba(0, 0, 0, 0)" ? { rgb: [0, 0, 0], alpha: 0 } : parse(own);
    return parsed.alpha === 1 ? parsed.rgb : over(parsed, background(element.parentElement));
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((one) => {
      const share = one / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (one, other) => {
    const [high, low] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const pale = [];
  for (const element of document.body.querySelectorAll("*")) {
    if (!hasText(element) || !element.checkVisibility() || element.closest("title, desc, script, style, .anchor, .skip")) continue;
    const style = getComputedStyle(element), isDrawn = element.localName === "text";
    if (style.color === "rgba(0, 0, 0, 0)" && !isDrawn) continue; // a number that a phone has no room for
    const behind = background(isDrawn ? element.closest("figure") : element);
    const front = over(parse(isDrawn ? style.fill : style.color), behind);
    const found = contrast(front, behind);
    if (found < minimum) pale.push(`${element.localName}.${element.getAttribute("class")} "${element.textContent.slice(0, 20)}": ${found.toFixed(2)}`);
  }
  return [...new Set(pale)];
}
