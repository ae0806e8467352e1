"""Writes jinja-cases.json: snippets with what Jinja2 makes of them, set up as chat templates are run. Needs python3-jinja2."""
import json

import jinja2.ext
import jinja2.sandbox

ENVIRONMENT = jinja2.sandbox.ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[jinja2.ext.loopcontrols])
ENVIRONMENT.filters["tojson"] = lambda x, indent=None, separators=None, sort_keys=False: json.dumps(
    x, ensure_ascii=False, indent=indent, separators=separators, sort_keys=sort_keys)

VARIABLES = {
    "s": "Hello World", "u": "a😀b", "n": None, "t": True, "f": 1.5, "i": 7, "l": [3, 1, 2], "e": [],
    "d": {"b": 1, "a": [True, None, "x'y"], "é": 2.0},
    "ms": [{"role": "user", "content": " hi "}, {"role": "assistant", "content": "yo", "x": 1}, {"role": "user", "content": ""}],
    "ws": " \t a\tb  c\n", "q": "say \"it's\"\n", "big": 12345678901234567890, "tiny": 1e-7, "huge": 1e22,
}

# Snippets, separated by lines of three hyphens.
SNIPPETS = r'''
{{ s }}|{{ n }}|{{ t }}|{{ f }}|{{ i }}|{{ l }}|{{ d }}|{{ u }}|{{ missing }}|{{ e }}|{{ q }}|{{ [q] }}|{{ big }}|{{ tiny }}|{{ huge }}|{{ [tiny, huge, 0.1, 100.0, 123456789.125] }}
---
{{ d | tojson }} {{ d|tojson(indent=2) }} {{ d|tojson(separators=(',',':')) }} {{ d|tojson(sort_keys=true) }} {{ q|tojson }} {{ huge|tojson }} {{ big|tojson }} {{ []|tojson(indent=4) }} {{ {}|tojson(indent=4) }}
---
{{ 1 + 2 * 3 - 4 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 4 / 2 }} {{ 2 ** 10 }} {{ 2 ** 3 ** 2 }} {{ -2 ** 2 }} {{ 7.5 // 2 }} {{ 7.5 % 2 }} {{ 1e3 }} {{ 1_000 }} {{ 0x1F }}
---
{{ 'a' ~ 1 ~ none ~ true ~ 1.0 }} {{ 'ab' * 3 }} {{ [1] * 2 }} {{ [1] + [2] }} {{ (1,) }} {{ (1, 2) + (3,) }} {{ 'a' 'b' }}
---
{{ 1 < 2 < 3 }} {{ 1 < 3 < 2 }} {{ 'a' < 'b' }} {{ [1,2] < [1,3] }} {{ 1 == 1.0 }} {{ true == 1 }} {{ 'x' in 'xyz' }} {{ 'q' not in d }} {{ 'a' in d }} {{ 3 in l }} {{ not 3 in l }} {{ none == missing }} {{ x is defined }} {{ missing == missing2 }}
---
{{ 'yes' if t else 'no' }} {{ 'yes' if n }} {{ 'a' if n else 'b' if f else 'c' }} {{ n or 'default' }} {{ t and s }} {{ e or l }} {{ not n and not e }}
---
{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.cycle('a','b') }};{% endfor %}
---
{% for x in l if x > 1 %}{{ x }}{{ loop.index }}{{ loop.last }}{% else %}none{% endfor %} {% for x in l if x > 10 %}{{ x }}{% else %}none{% endfor %} {% for x in missing %}{% else %}empty{% endfor %}
---
{% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %} {% for k in d %}{{ k }},{% endfor %} {% for k, v in d|dictsort %}{{ k }}{% endfor %} {% for k, v in d|items %}{{ k }}{% endfor %} {{ d.keys()|list }} {{ d.values()|list }} {% for c in u %}{{ c }}.{% endfor %}
---
{% for x in [1,2,3,4,5] %}{% if x == 2 %}{% continue %}{% endif %}{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}
---
{% set x = 1 %}{% for i in l %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }} {% set ns = namespace(x=1, y='a') %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}{{ ns.y }} {% if t %}{% set z = 5 %}{% endif %}{{ z }} {% set a, b = 1, 2 %}{{ a }}{{ b }} {% set (p, q2) = [3, 4] %}{{ p }}{{ q2 }}
---
{% set block %}  text {{ i }} {% endset %}[{{ block }}]{% set up | upper | trim %} abc {% endset %}[{{ up }}]
---
{% macro m(a, b='B', c=none) %}<{{ a }}|{{ b }}|{{ c }}>{% endmacro %}{{ m(1) }}{{ m(1, 2) }}{{ m(1, c=3) }}{{ m() }}{{ m('x') | upper }} {% macro rec(n) %}{{ n }}{% if n > 0 %}{{ rec(n - 1) }}{% endif %}{% endmacro %}{{ rec(3) }}
---
{% macro outer(a) %}{% set x = a %}{{ x }}{% endmacro %}{% set x = 'top' %}{{ outer('in') }}{{ x }}{% macro reads() %}{{ y }}{% endmacro %}{% set y = 'later' %}{{ reads() }}
---
{{ s[0] }} {{ s[-1] }} {{ s[1:3] }} {{ s[::-1] }} {{ s[:-1] }} {{ l[::-1] }} {{ l[1:] }} {{ l[-2:] }} {{ l[5:] }} {{ s[::2] }} {{ s[10:2:-2] }} {{ l[99] }} {{ u[1] }} {{ u|length }} {{ u[1:] }} {{ u[::-1] }} {{ s[-100:3] }} {{ l[:100] }} {{ l[-100::-1] }} {{ l[1::-1] }}
---
{{ s.upper() }} {{ s.lower() }} {{ s.split() }} {{ s.split('o') }} {{ s.split('o', 1) }} {{ s.rsplit('o', 1) }} {{ ws.split() }} {{ ws.strip() }}| {{ ws.lstrip() }}| {{ ws.rstrip() }}| {{ s.strip('Hd') }} {{ s.startswith('He') }} {{ s.endswith(('x','ld')) }} {{ s.replace('l','L') }} {{ s.replace('l','L',1) }} {{ s.title() }} {{ 'hELLO wORLD'.capitalize() }} {{ s.find('o') }} {{ s.find('zz') }} {{ s.count('l') }} {{ '-'.join(['a','b']) }} {{ ' a b  c '.split(' ') }} {{ 'a b c'.split(none, 1) }} {{ 'x\ny\r\nz\n'.splitlines() }} {{ '12'.isdigit() }} {{ s.removeprefix('Hello') }} {{ s.isupper() }}
---
{{ d.get('b') }} {{ d.get('zz') }} {{ d.get('zz', 5) }} {{ d.b }} {{ d['é'] }} {{ d.missing }} {{ ms[0].role }} {{ ms[0]['content']|trim }} {{ ms[1].x is defined }} {{ ms[0].x is defined }}
---
{{ ms|map(attribute='role')|list }} {{ ms|map(attribute='role')|join(',') }} {{ ms|selectattr('role','equalto','user')|list|length }} {{ ms|selectattr('x','defined')|list }} {{ ms|rejectattr('role','==','user')|map(attribute='content')|first }} {{ ms|selectattr('content')|list|length }} {{ l|map('string')|join('+') }} {{ l|select('odd')|list }} {{ l|reject('gt', 1)|list }} {{ ms|map(attribute='x', default=0)|list }} {{ ['a','b']|map('upper')|list }} {{ ['ab','c']|map('replace','a','z')|list }}
---
{{ l|sort }} {{ l|sort(reverse=true) }} {{ ['b','A','c']|sort }} {{ ['b','A','c']|sort(case_sensitive=true) }} {{ ms|sort(attribute='content')|map(attribute='content')|list }} {{ [1,1,2]|unique|list }} {{ ['a','A']|unique|list }} {{ l|max }} {{ l|min }} {{ l|sum }} {{ l|last }} {{ l|first }} {{ l|reverse|list }} {{ s|reverse }} {{ -3|abs }} {{ 2.5|round }} {{ 3.14159|round(2) }} {{ '5'|int + 1 }} {{ 'x'|int }} {{ 'x'|int(9) }} {{ 3.9|int }} {{ '2.5'|float }} {{ 2|float }}
---
{{ missing|default('D') }} {{ ''|default('D') }}| {{ ''|default('D', true) }} {{ n|default('D') }} {{ n|default('D', boolean=true) }} {{ 'hello world-foo bar'|title }} {{ 'a\nb\n\nc'|indent }} {{ 'a\nb'|indent(2, true) }} {{ 'a\n\nb'|indent(2, blank=true) }} {{ 'abc'|replace('b','x') }} {{ d|length }} {{ l|string }} {{ 'hELLO'|capitalize }} {{ s|list }} {{ d|list }} {{ 'x'|safe }} {{ ' x '|trim }}| {{ 'xax'|trim('x') }}
---
{{ s is string }}{{ n is none }}{{ l is iterable }}{{ s is iterable }}{{ d is mapping }}{{ l is mapping }}{{ l is sequence }}{{ d is sequence }}{{ i is number }}{{ t is number }}{{ t is boolean }}{{ i is boolean }}{{ i is integer }}{{ t is integer }}{{ f is float }}{{ t is true }}{{ i is true }}{{ false is false }}{{ missing is undefined }}{{ n is defined }}{{ i is odd }}{{ i is divisibleby 7 }}{{ i is not even }}{{ 1 is eq 1 }}{{ 'a' is in 'abc' }}{{ 1 is in [1] }}{{ missing is iterable }}{{ n is iterable }}{{ s is lower }}
---
a
  {% if true %}
  b
  {% endif %}
c {%- if true %} d {%- endif %} e
   {%- set x = 1 -%}   
f {# comment #} g
  {# comment #}
h
  {{ 'i' }}
j {%+ if true %} k {%+ endif +%}
l
{% raw %}{{ raw }} {% x %}{% endraw %}

m

---
{% for m in ms %}
{{ '<' + m.role + '>' }}
{% if loop.last %}
end
{% endif %}
{% endfor %}

---
{{ "a\tb\n\\ \' \" \x41 \u00e9 \q" }} {{ 'single "quoted"' }} {{ '{{' }} {{ '%}' }} {{ {'a': {'b': 1}} }} {{ {'a': {'b': 1}}['a']['b'] }}
---
{{ range(3)|list }} {{ range(1, 6, 2)|list }} {{ range(5, 0, -2)|list }} {{ dict(a=1)['a'] }} {{ (1, 2)[0] }} {{ 1, 2 }} {{ () }} {{ {} }} {{ [1, 2, ] }} {{ [[1, 'a'], (2,)] }}
---
{{ 'a' + 'b' | upper }} {{ ('a' + 'b') | upper }} {{ -1 | abs }} {{ not false }} {{ 2 - -1 }} {{ i is defined and i > 3 }} {{ 'x' if i is defined else 'y' }} {{ (i is string) or (i is number) }} {{ l | length > 2 }} {{ l|length == 3 and s|length == 11 }}
---
{% if i > 10 %}a{% elif i > 5 %}b{% elif i > 1 %}c{% else %}d{% endif %}{% if not l %}x{% endif %}{% if missing %}y{% endif %}{% if 0.0 %}z{% endif %}{% if '0' %}w{% endif %}
---
{% for a, b in [(1, 2), (3, 4)] %}{{ a + b }},{% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% for i in range(2) %}{% for j in range(2) %}{{ loop.index }}{% endfor %}{{ loop.index }}{% endfor %}
---
{%- set ns = namespace(found=false, items=[]) -%}
{%- for m in ms -%}
  {%- if m.role == 'assistant' -%}{%- set ns.found = true -%}{%- endif -%}
  {%- set ns.items = ns.items + [m.role] -%}
{%- endfor -%}
{{ ns.found }} {{ ns.items }} {{ ns['found'] }}
---
{%- macro render(value, depth=0) -%}
{%- if value is mapping -%}{ {%- for k, v in value|dictsort -%}{{ k }}:{{ render(v, depth + 1) }}{{ ', ' if not loop.last }}{%- endfor -%} }
{%- elif value is string -%}"{{ value }}"{%- elif value is iterable -%}[{%- for v in value -%}{{ render(v, depth + 1) }}{{ ',' if not loop.last else '' }}{%- endfor -%}]
{%- else -%}{{ value }}@{{ depth }}{%- endif -%}
{%- endmacro -%}
{{ render(d) }}
---
{{ n.x is defined }} {{ i.x is defined }} {{ s.nope is defined }} {{ missing is not defined }} {{ l.0 }} {{ ms.1.role }} {{ 'é€😀'|tojson }} {{ '\u0001\u007f</script>'|tojson }} {{ ['\x01\u200b\xa0é'] }}
---
{% set content = 'a</think>b' %}{{ content.split('</think>')[-1].lstrip('\n') }} {{ content.split('</think>')[0].rstrip('\n').split('<think>')[-1].lstrip('\n') }} {% set content = content.split('</think>') | last %}{{ content }} {% if '</think>' in 'a</think>' %}in{% endif %} {% set messages2 = ms[1:] %}{{ messages2|length }} {{ (ms|length - 1) - 0 }} {% for m in ms[::-1] %}{% set index = (ms|length - 1) - loop.index0 %}{{ index }}{{ m.role[0] }}{% endfor %}
---
{{ [1,2,3]|join }} {{ [1,none,'x']|join('-') }} {{ l|join(', ') }} {{ ms|join('|', attribute='role') }} {{ 'abc'|join('.') }} {{ [true, 1, 1.0]|unique|list }} {{ {'a':1} == {'a':1.0} }} {{ [1] == (1,) }} {{ d|dictsort(reverse=true)|map('first')|list }} {{ {'x': 3, 'y': 1}|dictsort(by='value') }}
'''

cases = [{"source": s, "expected": ENVIRONMENT.from_string(s).render(**VARIABLES)} for s in SNIPPETS[1:-1].split("\n---\n")]
with open("jinja-cases.json", "w", encoding="utf-8", newline="\n") as file:
    json.dump({"variables": VARIABLES, "cases": cases}, file, ensure_ascii=False, indent=1)
    file.write("\n")
