-- SPDX-License-Identifier: Apache-2.0
SELECT addr FROM judge.unplaced
