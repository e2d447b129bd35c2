#!/usr/bin/python3
"""Plugins that were built against the saved headers of every version of the contract which this router must take
(sdk/abi), loaded into it: those of the tests serve messages, the examples pass `hanse --check` with the configuration
that they bring (K3). One whose structs end earlier than ours is among them (K2).

    test_saved.py [NAME…]      only these: VERSION/plugins/NAME, VERSION/examples/NAME"""
import glob
import os
import shutil
import sys
from functools import partial

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, '..', 'reload'))

from trial import Trial, Wrong, hanse, main  # noqa: E402  (it also leads to tests/lib)
from examples import configuration  # noqa: E402

# Who judges what; the others are only loaded.
STAGES = {'defer': ['admit'], 'marker': ['routed'], 'older': ['admit'], 'veto_answer': ['answer']}


def built(kind):
    """[VERSION/KIND/NAME] of what lies in <build>/saved."""
    paths = glob.glob(os.path.join(hanse.build_folder(), 'saved', '*', kind, '*.so'))
    return sorted(os.path.relpath(path, os.path.join(hanse.build_folder(), 'saved'))[:-3] for path in paths)


def with_store(config):
    config['modules'].append({'name': 'memory'})
    config['store'] = 'memory'


class Saved(Trial):
    """Plugins of an older build come and go."""

    def plugin(self, which):
        folder, name = os.path.split(which)
        self.install(os.path.join('saved', folder), name)
        self.reload_well(self.with_module(name, {}, STAGES.get(name, []), with_store if name == 'tally' else None))
        self.exchange(3)
        if name == 'older' and self.hanse.counters()['older.asked'] < 3:
            raise Wrong('it was not asked: %s' % self.hanse.counters()['older.asked'])
        self.reload_well(self.good)

    def example(self, which):
        folder, name = os.path.split(which)
        self.install(os.path.join('saved', folder), name)
        folder = os.path.join(os.path.dirname(self.hanse.config_path), 'conf.d')
        os.mkdir(folder)
        with open(os.path.join(folder, name + '.conf'), 'w') as file:
            file.write(configuration(name, self.hanse.folder))
        try:
            self.hanse.write(self.good)
            status, text = self.hanse.check()
        finally:
            shutil.rmtree(folder)
        if status:
            raise Wrong('--check ended with %d:\n%s' % (status, text))


if __name__ == '__main__':
    plugins, examples = built('plugins'), built('examples')
    if not plugins:
        print('nothing is built in %s/saved: ./dev build' % hanse.build_folder())
        sys.exit(77)
    sys.exit(main('saved-abi', Saved, plugins + examples,
                  lambda trial, which: partial(trial.plugin if which in plugins else trial.example, which)))
