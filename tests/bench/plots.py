# SPDX-License-Identifier: MIT
"""plots.py - the benchmark's figures as SVG: the ratios beside their targets, the paths, the scale.

A plot of which nothing was measured is not made.
"""
import io
import os

import report

LICENCE = '<!-- SPDX-License-Identifier: MIT -->'
OURS, OTHERS, MUST, AIM = '#1f5fa8', '#b0b0b0', '#c0504d', '#206020'
PATHS = ['veth', 'ipip', 'ipsec', 'ipsec_udp', 'xfrm', 'xfrmi', 'ipsec_chacha', 'xfrmi_chacha', 'wireguard']


def ratios(results, axes):
    """Each target in units of what it must be at least: the best is furthest to the left."""
    rows = []
    for what, value, way, must, aim in report.TARGETS:
        try:
            v = value(results)
        except KeyError:
            continue
        here, wanted = (v / must, aim / must) if way == report.MOST else (must / v, must / aim)
        rows.append(('%s: %s' % (what, report.number(v, 2)), here, wanted))
    rows.reverse()
    y = range(len(rows))
    axes.barh(y, [r[1] for r in rows], color=OURS, alpha=0.5, height=0.6)
    axes.axvline(1, color=MUST, label='must')
    axes.scatter([r[2] for r in rows], y, color=AIM, marker='|', s=150, zorder=3, label='aim')
    axes.set_yticks(y, [r[0] for r in rows])
    axes.set_xlim(0, 1.3)
    axes.set_xlabel('part of what it must be: less is better')
    axes.legend(loc='lower right')
    return rows


def paths(results, axes):
    """UDP, host to host, both ways: 64 and 1400 bytes"""
    names = [p for p in reversed(PATHS) if 'udp.both.64.' + p in results and 'udp.both.1400.' + p in results]
    for at, (size, shade) in enumerate((('1400', 0.5), ('64', 1.0))):
        y = [i + 0.4 * at for i in range(len(names))]
        bars = axes.barh(y, [results['udp.both.%s.%s' % (size, p)] for p in names], height=0.38,
                         color=[OURS if p.startswith('ipsec') else OTHERS for p in names], alpha=shade)
        axes.bar_label(bars, ['%.0f  (%s B)' % (b.get_width(), size) for b in bars], padding=3, fontsize=8)
    axes.set_yticks([i + 0.2 for i in range(len(names))], names)
    axes.margins(x=0.2)
    axes.set_xlabel('instructions per packet, encrypted and decrypted')
    return names


def scale(results, axes):
    """One flow, and all peers in turn, over the number of peers"""
    drawn = []
    for path, color in (('ipsec', OURS), ('xfrmi', '#707070')):
        sizes = report.scale_sizes(results, path)
        for kind, name, style in (('first', 'one flow', '-o'), ('round', 'all in turn', '--s')):
            values = [results['scale.%s.%d.%s' % (kind, n, path)] for n in sizes]
            if values:
                drawn += axes.plot(sizes, values, style, color=color, label='%s, %s' % (path, name))
    if drawn:
        axes.set_xscale('log')
        axes.set_ylim(bottom=0)
        axes.set_xlabel('peers (xfrmi: interfaces)')
        axes.set_ylabel('instructions per packet, encrypted')
        axes.legend(loc='lower right')
        axes.grid(alpha=0.3)
    return drawn


PLOTS = [
    # name, what draws it, inches
    ('ratios', ratios, (10, 7)),
    ('paths', paths, (8, 5)),
    ('scale', scale, (7, 4)),
]


def write(results, where):
    """Files WHERE/NAME.svg, the same for the same figures.  Return: their names."""
    try:
        import matplotlib    # pylint: disable=import-outside-toplevel
    except ImportError:
        return []            # tests/install-deps bench; the figures are there without
    matplotlib.use('svg')
    from matplotlib import pyplot    # pylint: disable=import-outside-toplevel
    # text stays text, and nothing is random
    matplotlib.rcParams.update({'svg.fonttype': 'none', 'svg.hashsalt': 'ipsec', 'font.size': 9})
    files = []
    os.makedirs(where, exist_ok=True)
    for name, draw, inches in PLOTS:
        figure, axes = pyplot.subplots(figsize=inches, layout='constrained')
        if draw(results, axes):
            text = io.StringIO()
            figure.savefig(text, format='svg', metadata={'Date': None, 'Creator': None})
            files.append(os.path.join(where, name + '.svg'))
            with open(files[-1], 'w', encoding='utf-8') as f:
                # trailing blanks go
                lines = [line.rstrip() for line in text.getvalue().splitlines()]
                print(lines[0], LICENCE, *lines[1:], sep='\n', file=f)
        pyplot.close(figure)
    return files
