// .contents marks the part being read. Without it the links work the same.
const links = new Map([...document.querySelectorAll(".contents a[href^='#']")].map((link) => [link.hash.slice(1), link]));
const targets = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
if (targets.length && "IntersectionObserver" in window) {
  const seen = new Set();
  const watcher = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) isIntersecting ? seen.add(target) : seen.delete(target);
      const now = targets.find((target) => seen.has(target));
      if (!now) return;
      for (const [id, link] of links) id === now.id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current");
    },
    { rootMargin: "-5% 0px -60% 0px" },
  );
  targets.forEach((target) => watcher.observe(target));
}
