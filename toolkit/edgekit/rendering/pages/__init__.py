"""Self-contained pages: one file, no network, light and dark, phone and desktop, print.

A page is made in two steps. Python turns a report into plain values: a frozen dataclass for each section of the page
(`Section`), with numbers, texts and charts (`charts/`), matrices and pictures. A Jinja2 template of the same name under
`rendering/templates/` turns them into markup. Autoescape is on everywhere, so a class called `<script>` is only a name,
and no Python code writes HTML.

    report -> summary_section(report) -> SummarySection(...) -> templates/verification/summary.html

To add a section: write its dataclass and the function that fills it (`run/` or `verification/`), write its template,
and name both in the list of sections in `page.py`. Tables, badges, charts and figures are macros in
`templates/macros/`.

A page carries a Content-Security-Policy that names the SHA-256 of its own style and script and allows nothing else. So
there are no `style` attributes and no event attributes: style with the classes in `templates/style.css`, position in
SVG with attributes.
"""
